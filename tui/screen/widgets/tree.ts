import type { Canvas } from "../canvas.ts";
import { List } from "./list.ts";

/** A node of a tree. */
export interface TreeNode {
  /** Unique in the tree. */
  readonly key: string;
  readonly children: readonly TreeNode[];
  /** Draws it, right of the lines that show where it belongs. */
  draw(row: Canvas): void;
}

interface VisibleNode {
  readonly node: TreeNode;
  readonly depth: number;
  readonly parent: number;
}

/** A tree whose nodes open and close. */
export class Tree {
  readonly list = new List();
  readonly #open = new Set<string>();
  #visible: readonly VisibleNode[] = [];

  /** The selected node; null in an empty tree. */
  get selected(): TreeNode | null {
    return this.#visible[this.list.selected]?.node ?? null;
  }

  /** The root above the selected node, or itself. */
  get selectedRoot(): TreeNode | null {
    let visible = this.#visible[this.list.selected];
    while (visible !== undefined && visible.parent >= 0) visible = this.#visible[visible.parent];
    return visible?.node ?? null;
  }

  /** Opens the selected node. */
  open(): void {
    const { selected } = this;
    if (selected !== null && selected.children.length > 0) this.#open.add(selected.key);
  }

  /** Closes the selected node, or the one around it. */
  close(): void {
    const visible = this.#visible[this.list.selected];
    if (visible === undefined) return;
    if (!this.#open.delete(visible.node.key) && visible.parent >= 0) {
      this.list.selected = visible.parent;
      this.#open.delete(this.#visible[visible.parent]!.node.key);
    }
  }

  toggle(): void {
    const { selected } = this;
    if (selected !== null && this.#open.has(selected.key)) this.close();
    else this.open();
  }

  draw(canvas: Canvas, roots: readonly TreeNode[]): void {
    this.#visible = this.#flatten(roots);
    this.list.onOpen = () => this.toggle();
    this.list.draw(canvas, {
      end: this.#visible.length,
      draw: (row, index) => this.#drawNode(row, this.#visible[index]!),
    });
  }

  #drawNode(row: Canvas, { node, depth }: VisibleNode): void {
    const sign = node.children.length === 0 ? "·" : this.#open.has(node.key) ? "▾" : "▸";
    row.text(2 * depth, 0, sign, row.theme.muted);
    node.draw(row.part({ x: 2 * depth + 2, y: 0, width: row.width, height: 1 }));
  }

  #flatten(roots: readonly TreeNode[]): VisibleNode[] {
    const visible: VisibleNode[] = [];
    const add = (nodes: readonly TreeNode[], depth: number, parent: number) => {
      for (const node of nodes) {
        const index = visible.push({ node, depth, parent }) - 1;
        if (this.#open.has(node.key)) add(node.children, depth + 1, index);
      }
    };
    add(roots, 0, -1);
    return visible;
  }
}
