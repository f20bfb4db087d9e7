import assert from "node:assert/strict";
import { Tree, type TreeNode } from "./tree.ts";
import { paint } from "./widget_fixture.ts";

const node = (key: string, ...children: TreeNode[]): TreeNode => ({
  key,
  children,
  draw: (row) => row.text(0, 0, key),
});
const ROOTS = [node("a", node("a1"), node("a2")), node("b", node("b1"))];

const draw = (tree: Tree) => paint(10, 6, (canvas) => tree.draw(canvas, ROOTS)).lines;

Deno.test("Tree opens and closes what is selected", () => {
  const tree = new Tree();
  assert.deepEqual(draw(tree).slice(0, 2), ["▸ a", "▸ b"]);
  tree.open();
  assert.deepEqual(draw(tree).slice(0, 4), ["▾ a", "  · a1", "  · a2", "▸ b"]);
  tree.list.moveBy(2);
  assert.equal(tree.selected!.key, "a2");
  assert.equal(tree.selectedRoot!.key, "a");
  tree.close();
  assert.deepEqual(draw(tree).slice(0, 2), ["▸ a", "▸ b"]);
  assert.equal(tree.selected!.key, "a", "a node that is gone gives way to the one around it");
});
