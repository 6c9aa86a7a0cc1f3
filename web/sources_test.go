// SPDX-License-Identifier: Apache-2.0

package web

import (
	"bytes"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

// longest is how many lines a source may have; what is generated may have more.
const longest = 400

// forbidden is what the content policy of the pages forbids, or what it would have to
// allow: markup made of text, inline styles and scripts, and anything from elsewhere.
var forbidden = regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write|\beval\(|new Function|\bstyle=|\.cssText|setAttribute\(|createContextualFragment|srcdoc|javascript:|https?://`)

// namespaces are names and lead nowhere; localhost is in what is typed in a shell.
var namespaces = regexp.MustCompile(`http://(?:www\.w3\.org/2000/svg|localhost)`)

// byRoot is how a page in Cockpit could have root write where an answer of the manager says,
// or run what it says.
var byRoot = regexp.MustCompile(`cockpit!?\??\.(?:file|script|dbus)\b|\.file\(|"(?:ba)?sh", ?"-c"`)

func TestSourcesKeepToTheContentPolicy(t *testing.T) {
	seen := 0
	err := fs.WalkDir(os.DirFS("."), "src", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		seen++
		for i, line := range strings.Split(string(text), "\n") {
			if found := forbidden.FindString(namespaces.ReplaceAllString(line, "")); found != "" {
				t.Errorf("%s:%d: %s: the content policy forbids it", path, i+1, found)
			}
			if found := byRoot.FindString(line); found != "" {
				t.Errorf("%s:%d: %s: what root writes and runs is for kresctl and kres-fleet to choose", path, i+1, found)
			}
		}
		if lines := bytes.Count(text, []byte("\n")); lines > longest && path != "src/wire.ts" {
			t.Errorf("%s has %d lines: it is two files", path, lines)
		}
		if !strings.HasSuffix(path, ".svg") && !bytes.Contains(text[:min(len(text), 60)], []byte("SPDX-License-Identifier: Apache-2.0")) {
			t.Errorf("%s does not begin with its licence", path)
		}
		return nil
	})
	if err != nil || seen < 40 {
		t.Fatalf("%d sources were looked at: %v", seen, err)
	}
}
