import { ensurePython } from "../tests/python.ts";
import type { Measurement } from "./measurement.ts";

const SCRIPT = new URL("consumer_bench.py", import.meta.url).pathname;

const WHAT: Readonly<Record<string, string>> = {
  "consumer.read_batch": "validated frames taken out of the ring by Python, the newest 1,000",
  "consumer.follow_batches": "validated frames that Python follows into one reused array",
};

/** Python's reader against NumPy's copy of the same bytes. */
export async function measureConsumer(): Promise<Measurement[]> {
  const { success, stdout, stderr } = await new Deno.Command(await ensurePython(), {
    args: [SCRIPT],
  }).output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`consumer_bench.py failed: ${decoder.decode(stderr)}`);
  const results: Record<string, { value: number; floor: number; unit: string }> = JSON.parse(
    decoder.decode(stdout),
  );
  return Object.entries(results).map(([name, { value, floor, unit }]) => ({
    name,
    what: WHAT[name] ?? name,
    floorIs: "NumPy's copy of the same bytes",
    value,
    floor,
    unit,
    target: 0.7,
  }));
}
