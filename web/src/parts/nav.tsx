// SPDX-License-Identifier: Apache-2.0

import { pages } from "../pages.ts";
import { link, place } from "../router.ts";
import { showKeys } from "./keys.tsx";

export function Nav() {
  return (
    <nav class="nav" aria-label="Pages">
      <ul>
        {pages.value.map((p) => <li key={p.id}><a href={link(p.id)} aria-current={place.value.page === p.id ? "page" : undefined}>{p.name}</a></li>)}
        <li><button class="quiet" onClick={showKeys}>Keys <kbd>?</kbd></button></li>
      </ul>
    </nav>
  );
}
