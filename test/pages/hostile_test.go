// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"encoding/json"
	"strings"
	"testing"

	"kresd-manager/test/browser"
)

// hostile are texts that would be more than text on a page that does not take care.
var hostile = []string{
	`<script>alert(1)</script>`,
	`<img src=x onerror=alert(2)>`,
	`"><svg/onload=alert(3)>`,
	`</textarea></pre></style></title><iframe srcdoc="<script>parent.alert(4)</script>">`,
	`javascript:alert(5)`,
	`{{constructor.constructor('alert(6)')()}}`,
	"\u202ealert\u202c\x1b]0;x\x07",
}

// What others have written is shown as the text that it is: in comments of changes, values of
// the configuration, what units say, and problems. Nothing of it becomes an element.
func TestWhatOthersWroteIsOnlyText(t *testing.T) {
	serving(t, config)
	all := strings.Join(hostile, " ")
	comment := strings.ToValidUTF8(strings.NewReplacer("\x1b", "", "\x07", "").Replace(all), "")
	value, _ := json.Marshal(comment)
	sut.Must(t, "kresctl", "config", "set", "-p", "/nsid", string(value), "--comment", comment)
	for _, text := range hostile {
		sut.Must(t, "systemd-cat", "--identifier=kresd", "--priority=warning", "printf", "%s\n", text)
	}
	script, _ := json.Marshal("print([[" + comment + "]])")
	sut.Must(t, "kresctl", "config", "set", "-p", "/lua/script", string(script)) // what a unit says
	p := as(t, "configure")
	for _, place := range places {
		p.Role("navigation", "Pages").Role("link", place.heading).Click()
		p.Role("main", "").Role("heading", place.heading).Nth(0).Shown()
		settled(p, place.at)
		harmless(t, p, place.at)
	}
	p.Role("navigation", "Pages").Role("link", "Logs").Click()
	p.Role("main", "").Contains("<img src=x onerror=alert(2)>")
	harmless(t, p, "logs")
	p.Open("http://" + address + "/ui/#/changes/2")
	p.Role("main", "").Contains("<script>alert(1)</script>")
	harmless(t, p, "a change")

	// A problem quotes what was written.
	p.Role("navigation", "Pages").Role("link", "Configuration").Click()
	key, _ := json.Marshal(hostile[1])
	edited(p, config+string(key)+": "+string(value)+"\n")
	p.Role("main", "").Contains("onerror=alert(2)>")
	harmless(t, p, "a problem")
	p.Open("http://" + address + "/ui/#/" + hostile[0])
	harmless(t, p, "an address")
}

// harmless fails the test if a text has become an element. Dialogs and violations of the
// policy fail it at the end.
func harmless(t *testing.T, p *browser.Page, state string) {
	t.Helper()
	if n := browser.Eval[int](p, `document.querySelectorAll("img, iframe, object, embed, script:not([src]), [onerror], [onload], a[href^='javascript:']").length`); n != 0 {
		t.Errorf("%s: %d elements come from a text:\n%s", state, n, p.Outline())
	}
}
