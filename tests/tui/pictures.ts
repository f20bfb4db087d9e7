/** Makes the pictures of the README from the running dashboard: `deno task pictures`. */
import { FakeGateway } from "./fake_gateway.ts";
import { Robot } from "./robot.ts";
import { svgOf } from "./svg.ts";

/** Where the pictures are. */
export const PICTURES = new URL("../../docs/pictures/", import.meta.url);

const SIZE = { columns: 120, rows: 34 };
/** Tests listen where there is room, everybody else here. */
const USUAL_ADDRESS = "127.0.0.1:9382";

/** What is done before each picture. */
const SCENES: Readonly<Record<string, (robot: Robot) => Promise<void>>> = {
  async events(robot) {
    await robot.press("1", "j", "j", "enter");
    await robot.sees("Stages");
  },
  async schemas(robot) {
    await robot.press("2");
    await robot.sees("First sample");
    await robot.press("j", "j", "l");
  },
  async chat(robot) {
    await robot.press("3", ..."Quero fazer um seguro pro meu carro", "enter");
    await robot.sees("missing");
    await robot.press(..."É um Onix 2023");
  },
  async metrics(robot) {
    await robot.press("escape");
    await robot.sees("enter writes");
    await robot.press("4");
    await robot.sees("Throughput");
  },
  async ring(robot) {
    await robot.press("5");
    await robot.sees("Attractors");
  },
  async logs(robot) {
    await robot.press("6", "k", "enter");
    await robot.sees("Error: disk full");
  },
};

/**
 * Shows every tab, one after the other.
 *
 * @param onScene gets the tab's name and what takes a picture of it
 */
export async function playScenes(
  onScene: (name: string, take: () => string, robot: Robot) => Promise<void>,
): Promise<void> {
  await using gateway = new FakeGateway();
  await using robot = Robot.top(gateway.url, SIZE);
  await gateway.settled;
  for (const [name, play] of Object.entries(SCENES)) {
    await play(robot);
    const take = () => {
      const svg = svgOf(robot.emulator.cells(), `Collider's dashboard: ${name}`);
      return svg.replaceAll(/127\.0\.0\.1:\d{5}/g, USUAL_ADDRESS);
    };
    await onScene(name, take, robot);
  }
}

if (import.meta.main) {
  await Deno.mkdir(PICTURES, { recursive: true });
  await playScenes(async (name, take, robot) => {
    await robot.quiet();
    await Deno.writeTextFile(new URL(`${name}.svg`, PICTURES), take());
  });
}
