/** What a model may run on. */
export const DEVICES = ["auto", "cpu", "cuda", "coreml", "directml", "webgpu"] as const;

/** What a model is to run on; `auto` = the best that works. */
export type Device = typeof DEVICES[number];

/** What a model runs on. */
export type UsedDevice = Exclude<Device, "auto">;

/** ONNX Runtime's names of execution providers. */
export const PROVIDER: Readonly<Record<UsedDevice, string>> = {
  cpu: "cpu",
  cuda: "cuda",
  coreml: "coreml",
  directml: "dml",
  webgpu: "webgpu",
};

/**
 * The devices to try, best first. WebGPU is only used when it is asked for: its drivers differ too
 * much to be taken without being tried on the operator's machine.
 */
export function devicesToTry(device: Device, os: typeof Deno.build.os): readonly UsedDevice[] {
  if (device !== "auto") return [device];
  switch (os) {
    case "darwin":
      return ["coreml", "cpu"];
    case "windows":
      return ["cuda", "directml", "cpu"];
    default:
      return ["cuda", "cpu"];
  }
}
