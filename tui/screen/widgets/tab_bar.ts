import type { Canvas } from "../canvas.ts";

/** Draws the titles of tabs with the keys that lead to them; the whole title can be clicked. */
export function drawTabBar(
  canvas: Canvas,
  titles: readonly string[],
  active: number,
  onSelect: (index: number) => void,
): void {
  const { theme } = canvas;
  canvas.tint(theme.tab);
  let x = 0;
  const isNarrow = titles.reduce((sum, title) => sum + title.length + 5, 0) > canvas.width;
  titles.forEach((title, index) => {
    const label = isNarrow ? `${index + 1}${title} ` : ` ${index + 1} ${title} `;
    const tab = canvas.part({ x, y: 0, width: label.length, height: 1 });
    tab.text(0, 0, label, index === active ? theme.activeTab : theme.tab);
    tab.onMouse({ onClick: () => onSelect(index) });
    x += label.length + (isNarrow ? 0 : 1);
  });
}
