/** Tells session-signals what a session does. It changes no event, and it prints nothing. */
export const register = (on) => {
  on("turn.start", async ($, e, next) => next(e)).catch(($, e, next) => next(e));
};
