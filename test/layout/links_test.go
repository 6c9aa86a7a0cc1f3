// SPDX-License-Identifier: Apache-2.0

package layout

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// documents returns the text of every Markdown document, by its path from the top of
// the source.
func documents(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/internals/*.md", "packaging/man/*.md", "packaging/grafana/*.md", "packaging/prometheus/*.md"} {
		names, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			path, err := filepath.Rel(root, name)
			if err != nil {
				t.Fatal(err)
			}
			found[path] = string(text)
		}
	}
	if len(found) < 15 {
		t.Fatalf("only %d documents are found", len(found))
	}
	return found
}

const root = "../.."

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#{1,6} +(.+)$`)
	fence   = regexp.MustCompile("(?ms)^```.*?^```$")
)

// prose is a document without what is in fences.
func prose(text string) string { return fence.ReplaceAllString(text, "") }

// TestEveryLinkLeadsSomewhere holds that each relative link of a document names a file
// that is there and, with a fragment, a heading of it.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	documents := documents(t)
	checked := 0
	for path, text := range documents {
		for _, m := range link.FindAllStringSubmatch(prose(text), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			checked++
			if wrong := leadsNowhere(documents, path, m[1]); wrong != "" {
				t.Errorf("%s: the link %s %s", path, m[1], wrong)
			}
		}
	}
	if checked < 40 {
		t.Errorf("only %d links are checked", checked)
	}
}

// leadsNowhere says what is wrong with a link of the document at a path, "" for nothing.
func leadsNowhere(documents map[string]string, from, link string) string {
	file, fragment, anchored := strings.Cut(link, "#")
	to := from
	if file != "" {
		to = filepath.Join(filepath.Dir(from), file)
		if _, err := os.Stat(filepath.Join(root, to)); err != nil {
			return "names no file"
		}
	}
	if !anchored {
		return ""
	}
	for _, m := range heading.FindAllStringSubmatch(prose(documents[to]), -1) {
		if anchor(m[1]) == fragment {
			return ""
		}
	}
	return "names no heading"
}

// anchor is the fragment that leads to a heading, as GitHub and others make it.
func anchor(heading string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(heading) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			b.WriteRune(r)
		case r == ' ':
			b.WriteByte('-')
		}
	}
	return b.String()
}

func TestALinkThatLeadsNowhereIsFound(t *testing.T) {
	documents := map[string]string{"docs/a.md": "# Of `this`, and that\n", "README.md": "# x\n"}
	for link, want := range map[string]string{
		"#of-this-and-that":        "",
		"#of-this":                 "names no heading",
		"no-such-file.md":          "names no file",
		"../README.md":             "",
		"../README.md#no-such-one": "names no heading",
	} {
		if got := leadsNowhere(documents, "docs/a.md", link); got != want {
			t.Errorf("%s: %q, want %q", link, got, want)
		}
	}
}
