// SPDX-License-Identifier: Apache-2.0
// The bar that says why what is shown may be old.

import { connection, now, reconnect, skew, status } from "../store.ts";
import { Text } from "./basics.tsx";
import { ProblemView } from "./problem.tsx";

export function ConnectionBar() {
  const c = connection.value;
  switch (c.state) {
    case "away": {
      const left = Math.max(0, Math.ceil((c.retryAt - (now.value - skew.value)) / 1000));
      return (
        <section class="bar bad" aria-label="Connection">
          <p class="what"><span aria-hidden="true">✗ </span>{status.value ? <>The manager went away: <Text of={c.why} />. The workers serve on; what is below may be old.</> : <>The manager cannot be reached: <Text of={c.why} />.</>} {left > 0 ? `Next try in ${left} s.` : "Trying …"}</p>
          <div class="do"><button onClick={reconnect}>Try now</button></div>
        </section>
      );
    }
    case "ended":
      return (
        <section class="bar warn" aria-label="Connection">
          <p class="what"><span aria-hidden="true">○ </span>The manager has ended. The workers go on. To connect again starts it.</p>
          <div class="do"><button class="primary" onClick={reconnect}>Start and connect</button></div>
        </section>
      );
    case "refused":
      return <section class="bar bad" aria-label="Connection"><ProblemView problem={c.problem}><p><button onClick={reconnect}>Try again</button></p></ProblemView></section>;
  }
  return null;
}
