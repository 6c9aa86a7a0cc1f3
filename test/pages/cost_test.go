// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"testing"

	"kresd-manager/test/browser"
)

// firstLoadBytes is what the first look at the pages may fetch, packed as it is sent.
const firstLoadBytes = 60_000

// The first look fetches little. When the page is painted is told, and depends on what else
// the host does.
func TestTheFirstLookIsCheap(t *testing.T) {
	serving(t, config)
	p := as(t, "read")
	p.Role("rowheader", "kresd@1").Shown()
	p.Open("about:blank")
	p.Open("http://" + address + "/ui/")
	p.Role("rowheader", "kresd@1").Shown()
	cost := browser.Eval[struct {
		Bytes          int
		Paint, Largest float64
		What           string
	}](p, `(async () => {
		const largest = await new Promise(done => new PerformanceObserver(l => done(l.getEntries().at(-1))).observe({type: "largest-contentful-paint", buffered: true}));
		const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
			.filter(e => new URL(e.name).pathname.startsWith("/ui/"));
		return {
			Bytes: all.reduce((n, e) => n + e.encodedBodySize, 0),
			Paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
			Largest: largest.startTime,
			What: (largest.element?.outerHTML ?? "").slice(0, 120),
		};
	})()`)
	t.Logf("first load: %d bytes; first paint after %.0f ms, the largest after %.0f ms: %s", cost.Bytes, cost.Paint, cost.Largest, cost.What)
	if cost.Bytes == 0 || cost.Bytes > firstLoadBytes {
		t.Errorf("the first look fetches %d bytes, want at most %d", cost.Bytes, firstLoadBytes)
	}
	if cost.Paint == 0 {
		t.Error("nothing was painted")
	}
}
