// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"strings"
	"testing"

	"kresd-manager/test/browser"
	"kresd-manager/test/product"
)

// edited types a configuration into the editor.
func edited(p *browser.Page, config string) {
	p.Role("textbox", "Configuration in YAML").Fill(config)
}

// previewed has the plan of the text in the editor shown.
func previewed(t *testing.T, p *browser.Page) {
	t.Helper()
	p.Role("button", "Preview").Click()
	p.Role("heading", "Preview: the edited configuration").Shown()
	p.Role("button", "Apply").Shown()
}

// waiting is the bar about a change that is undone unless someone confirms it.
func waiting(p *browser.Page) browser.Element {
	return p.Role("region", "A change waits to be confirmed")
}

// with is config with the address of host.example replaced.
func with(address string) string { return strings.ReplaceAll(config, "192.0.2.1", address) }

// A change from the text to the end: what is wrong is said as kresctl says it, what is
// previewed is what is done, and what no one confirms is undone.
func TestAChangeFromTheTextToTheEnd(t *testing.T) {
	serving(t, config)
	p := as(t, "configure")
	p.Role("navigation", "Pages").Role("link", "Configuration").Click()

	// What is wrong, in the words of kresctl.
	broken := strings.ReplaceAll(config, "workers: 2", "workers: many")
	edited(p, broken)
	if err := sut.WriteFile("/tmp/broken.yaml", []byte(broken), 0o644); err != nil {
		t.Fatal(err)
	}
	said := sut.Exec(t, "kresctl", "validate", "/tmp/broken.yaml")
	_, words, found := strings.Cut(said.Stdout+said.Stderr, "/workers: ")
	words, _, _ = strings.Cut(words, "\n")
	if !found || said.Code == 0 {
		t.Fatalf("kresctl validate: exit %d %s%s", said.Code, said.Stdout, said.Stderr)
	}
	p.Role("button", "1:10: /workers: "+words).Shown()
	p.Accessible("a text with a problem")

	// Applied on trial, and kept.
	edited(p, with("192.0.2.2"))
	previewed(t, p)
	p.Role("list", "Steps").Shown()
	p.Accessible("a preview")
	p.Role("textbox", "Reason, for the history").Fill("the host moves")
	p.Role("button", "Apply").Click()
	waiting(p).Shown()
	p.Accessible("a change that waits")
	sut.Expect(t, "host.example.", "192.0.2.2")
	waiting(p).Role("button", "Keep").Click()
	waiting(p).Gone()
	sut.Expect(t, "host.example.", "192.0.2.2")
	if out := sut.Must(t, "kresctl", "history"); !strings.Contains(out, "the host moves") || !strings.Contains(out, "anna") {
		t.Errorf("the history does not have who and why:\n%s", out)
	}
	p.Role("button", "Close").Click()

	// Its comments come into the file with it, also those of an edit that changes nothing else.
	edited(p, "# The host moved in March.\n"+with("192.0.2.2"))
	p.Role("button", "Preview").Click()
	p.Role("button", "Keep the text").Click()
	p.Role("heading", "Applied").Shown()
	p.Role("link", "Save it").Click()
	p.Role("main", "").Contains("It is saved as it was typed, with its comments.")
	p.Accessible("a text that is not saved")
	sut.Must(t, "systemctl", "restart", "kresd-manager.service") // it is kept for longer than a manager lasts
	sut.Must(t, "kresctl", "config", "save")
	if text, want := sut.Must(t, "cat", product.ConfigFile), "# The host moved in March.\n"+with("192.0.2.2"); text != want {
		t.Errorf("the file holds\n%s\nwant\n%s", text, want)
	}
	p.Role("tab", "Edit").Click()

	// Undone by hand.
	edited(p, with("192.0.2.3"))
	previewed(t, p)
	p.Role("button", "Apply").Click()
	waiting(p).Shown()
	sut.Expect(t, "host.example.", "192.0.2.3")
	waiting(p).Role("button", "Undo now").Click()
	waiting(p).Gone()
	sut.Expect(t, "host.example.", "192.0.2.2")
	p.Role("button", "Close").Click()

	// Undone because no one has confirmed it, as every page shows.
	sut.Must(t, "kresctl", "config", "set", "-p", "/local-data/addresses/host.example", "192.0.2.4", "--confirm-within", "3s")
	waiting(p).Shown()
	waiting(p).Gone()
	sut.Expect(t, "host.example.", "192.0.2.2")

	// Refused by the canary: its own words are at the step, and nothing has changed.
	edited(p, with("192.0.2.5")+"lua: {script: \"this is no Lua\"}\n")
	previewed(t, p)
	p.Role("button", "Apply").Click()
	p.Role("alert", "").Shown()
	product.Eventually(t, "the page says why", func() bool {
		text := p.Role("alert", "").Text()
		return strings.Contains(text, "'=' expected near 'is'") && strings.Contains(text, "Nothing changed")
	})
	p.Accessible("a refused change")
	sut.Expect(t, "host.example.", "192.0.2.2")
	p.Role("button", "Close").Click()

	// Rolled back to what ran first, through the same preview.
	p.Role("navigation", "Pages").Role("link", "Changes").Click()
	p.Open("http://" + address + "/ui/#/changes/1")
	p.Role("button", "Roll back to change 1").Click()
	p.Role("button", "Apply").Click()
	waiting(p).Role("button", "Keep").Click()
	waiting(p).Gone()
	sut.Expect(t, "host.example.", "192.0.2.1")
}
