import { constantModel } from "../../onnx/fixtures.ts";
import { TABLE_TOKENS } from "./table_tokens.ts";

/** A step of {@linkcode tableNetwork}: a token, and where its cell is, as shares of the square. */
export type TableStep = readonly [
  token: string,
  ...cell: [] | [left: number, top: number, right: number, bottom: number],
];

/** A network with SLANet-plus's outputs that finds the same table in every picture. */
export function tableNetwork(steps: readonly TableStep[]): Uint8Array<ArrayBuffer> {
  const all: readonly TableStep[] = [...steps, ["eos"], ["<td></td>", 0, 0, 1, 1]];
  const corners = new Float32Array(all.length * 8);
  const probabilities = new Float32Array(all.length * TABLE_TOKENS.length).fill(0.001);
  for (const [step, [token, ...cell]] of all.entries()) {
    probabilities[step * TABLE_TOKENS.length + TABLE_TOKENS.indexOf(token)] = 0.9;
    if (cell.length === 0) continue;
    const [left, top, right, bottom] = cell;
    corners.set([left, top, right, top, right, bottom, left, bottom], step * 8);
  }
  return constantModel({ width: 488, height: 488 }, [
    { name: "cells", dims: [1, all.length, 8], values: corners },
    { name: "tokens", dims: [1, all.length, TABLE_TOKENS.length], values: probabilities },
  ]);
}
