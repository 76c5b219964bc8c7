
// The browser draws the empty page before it runs the rest of the script, which would keep the reader waiting. A page that is not
// seen draws no frames.
await new Promise((resolve) => {
  requestAnimationFrame(() => setTimeout(resolve));
  setTimeout(resolve, document.visibilityState === "visible" ? 100 : 0);
});
