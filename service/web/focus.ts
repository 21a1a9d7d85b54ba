// SPDX-License-Identifier: AGPL-3.0-only

/**
 * Where a keyboard goes on when what it was at is gone, or can do nothing any more: at the nearest element around it that
 * is still there. The browser itself would begin again at the top of the document.
 */
export function keepFocus(): void {
  /** The element that has the focus, and those around it, the nearest first. */
  let trail: HTMLElement[] = [];
  const isLost = (element: HTMLElement) => !element.isConnected || element.matches(":disabled");

  document.addEventListener("focusin", ({ target }) => {
    trail = [];
    for (let each = target as HTMLElement | null; each !== null; each = each.parentElement) trail.push(each);
  });
  document.addEventListener("focusout", ({ target }) => {
    // Whoever leaves it on purpose is not called back. What goes away tells of that before it is gone.
    queueMicrotask(() => {
      if (trail[0] === target && !isLost(target as HTMLElement)) trail = [];
    });
  });
  const observer = new MutationObserver(() => {
    const [was, ...around] = trail;
    if (was === undefined || !isLost(was) || !hasNone()) return;
    const next = around.find((each) => each.isConnected && each !== document.body);
    if (next === undefined) return;
    if (next.tabIndex < 0 && !next.hasAttribute("tabindex")) {
      next.tabIndex = -1;
      next.addEventListener("blur", () => next.removeAttribute("tabindex"), { once: true });
    }
    next.focus({ preventScroll: true });
  });
  observer.observe(document.body, {
    ...{ childList: true, subtree: true, attributes: true, attributeFilter: ["disabled"] },
  });

  function hasNone(): boolean {
    const { activeElement } = document;
    return activeElement === null || activeElement === document.body || activeElement === trail[0];
  }
}
