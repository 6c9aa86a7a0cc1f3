// SPDX-License-Identifier: Apache-2.0

package pages

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kresd-manager/test/browser"
)

// update has pictures of the pages put into the documentation. They are not compared: the
// same page has other pixels with other fonts.
var update = flag.Bool("update", false, "write pictures of the pages to docs/pages")

const pictures = "../../docs/pages"

// pictureBytes is how large a picture may be.
const pictureBytes = 60_000

// places are the pages, by their hash, with the heading that each has.
var places = []struct{ at, heading string }{
	{"overview", "Overview"},
	{"configuration", "Configuration"},
	{"changes", "Changes"},
	{"units", "Units"},
	{"logs", "Logs"},
	{"cache", "Cache"},
	{"query", "Query"},
	{"api", "API"},
}

// Each page can be used by everyone: without a barrier that axe-core knows, light in a wide
// window and dark in one of 320 pixels, which need not be scrolled sideways.
func TestEveryPageCanBeUsedByEveryone(t *testing.T) {
	serving(t, config)
	traffic(t)
	p := as(t, "configure")
	if *update {
		lively(t, p)
	}
	for _, place := range places {
		p.Role("navigation", "Pages").Role("link", place.heading).Click()
		p.Role("main", "").Role("heading", place.heading).Nth(0).Shown()
		settled(p, place.at)
		if *update {
			for _, scheme := range []string{"light", "dark"} {
				p.Prefer("prefers-color-scheme", scheme, "prefers-reduced-motion", "reduce")
				picture(t, p, place.at+"-"+scheme)
			}
		}
		p.Prefer("prefers-color-scheme", "light", "prefers-reduced-motion", "reduce")
		p.Accessible(place.at)
		p.Prefer("prefers-color-scheme", "dark", "prefers-reduced-motion", "reduce")
		p.Size(320, 640)
		p.Fits(place.at + ", narrow")
		p.Accessible(place.at + ", dark and narrow")
		p.Size(1280, 900)
	}
}

// settled waits until a page shows what it asked the manager for.
func settled(p *browser.Page, at string) {
	switch at {
	case "overview":
		p.Role("rowheader", "kresd@1").Shown()
	case "configuration":
		p.Role("textbox", "Configuration in YAML").Shown()
	case "logs":
		p.Role("main", "").Contains("kresd-manager info")
	case "units":
		p.Role("rowheader", "kresd@1…").Shown()
	}
}

// lively has a resolver to look at: it answers for a while, and has been changed.
func lively(t *testing.T, p *browser.Page) {
	t.Helper()
	p.Role("navigation", "Pages").Role("link", "Overview").Click()
	asking := make(chan struct{})
	go func() {
		defer close(asking)
		for i, began := 0, time.Now(); time.Since(began) < 30*time.Second; i++ {
			_, _ = sut.Query("udp", []string{"host.example.", "host.example.", "printer.example."}[i%3], time.Second)
			time.Sleep(time.Duration(2+i%9) * time.Millisecond)
		}
	}()
	time.Sleep(8 * time.Second)
	sut.Must(t, "kresctl", "config", "set", "-p", "/local-data/addresses/printer.example", "192.0.2.7", "--comment", "the new printer")
	time.Sleep(12 * time.Second)
	sut.Must(t, "kresctl", "config", "set", "-p", "/workers", "3", "--comment", "more people in the office")
	<-asking
}

// traffic asks some names, so that there is something to see.
func traffic(t *testing.T) {
	t.Helper()
	for range 50 {
		sut.Expect(t, "host.example.", "192.0.2.1")
	}
}

// picture writes what the page shows to the documentation.
func picture(t *testing.T, p *browser.Page, name string) {
	t.Helper()
	picture := p.Picture(60)
	for quality := int64(50); len(picture) > pictureBytes && quality > 10; quality -= 10 {
		picture = p.Picture(quality)
	}
	if err := os.MkdirAll(pictures, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(pictures, name+".webp"), picture, 0o644); err != nil {
		t.Fatal(err)
	}
}

// The documentation shows each page.
func TestEveryPageHasAPicture(t *testing.T) {
	for _, place := range places {
		for _, scheme := range []string{"light", "dark"} {
			text, err := os.ReadFile(filepath.Join(pictures, place.at+"-"+scheme+".webp"))
			if err != nil {
				t.Errorf("%v: make screenshots", err)
			} else if !strings.HasPrefix(string(text), "RIFF") || len(text) > pictureBytes {
				t.Errorf("the picture of %s is no WebP of at most %d bytes", place.at, pictureBytes)
			}
		}
	}
}
