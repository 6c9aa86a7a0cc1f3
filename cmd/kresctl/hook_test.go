// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"kresd-manager/internal/visible"
)

// TestTheHookOfPreCommitChecksEachFile runs what .pre-commit-hooks.yaml says, as
// pre-commit does, on the files that it is for.
func TestTheHookOfPreCommitChecksEachFile(t *testing.T) {
	text, err := os.ReadFile("../../.pre-commit-hooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	value := func(key string) string {
		m := regexp.MustCompile(`(?m)^  ` + key + `: (.+)$`).FindSubmatch(text)
		if m == nil {
			t.Fatalf(".pre-commit-hooks.yaml has no %s", key)
		}
		return string(m[1])
	}
	entry := strings.Fields(value("entry"))
	if entry[0] != "kresctl" || value("language") != "golang" {
		t.Fatalf("the hook runs %q", entry)
	}
	files := regexp.MustCompile(value("files"))
	for name, want := range map[string]bool{"config.yaml": true, "etc/kresd-site.toml": true, "docker-compose.yaml": false, "config.go": false} {
		if files.MatchString(name) != want {
			t.Errorf("%s is checked: %t", name, !want)
		}
	}
	dir := t.TempDir()
	good, bad := filepath.Join(dir, "config.yaml"), filepath.Join(dir, "kresd.yaml")
	for name, text := range map[string]string{good: "workers: 2\n", bad: "workers: many\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		files []string
		code  int
		says  string
	}{
		{[]string{good}, 0, ""},
		{[]string{good, bad}, exitFailed, "kresd.yaml:1:10: /workers: expected"},
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), append(entry[1:], c.files...), nil, visible.NewWriter(&stdout), visible.NewWriter(&stderr))
		if code != c.code || !strings.Contains(stdout.String()+stderr.String(), c.says) {
			t.Errorf("%q: exit %d, %s%s", c.files, code, stdout.String(), stderr.String())
		}
	}
}
