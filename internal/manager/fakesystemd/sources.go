// SPDX-License-Identifier: Apache-2.0

package fakesystemd

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"kresd-manager/internal/durable"
)

// Broken in a file that rules come from makes the policy-loader refuse it.
const Broken = "broken"

// source is how the policy-loader's Lua names a file that rules come from.
var source = regexp.MustCompile(`^(?:source|hosts)\('([^']+)', '([^']+)'`)

// degradeLocked is how the policy-loader treats files that fail: it goes on without
// them and reports, unless one of them must not fail. It keeps no copies.
func (s *Systemd) degradeLocked(text, announcement string) (note string, err error) {
	strict, _ := os.ReadFile(filepath.Join(s.root, "strict"))
	must := strings.Split(string(strict), "\n")
	hash := strings.TrimPrefix(announcement, "rules ")
	report, n := announcement+"\n", 0
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "source(") && !strings.HasPrefix(line, "hosts(") {
			continue // most do not; an expression takes long to find that
		}
		m := source.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		b, err := os.ReadFile(m[2])
		if err == nil && !strings.Contains(string(b), Broken) {
			continue
		}
		why := m[2] + ":2: invalid syntax"
		if err != nil {
			why = m[2] + ": No such file or directory"
		}
		if must[0] == hash && slices.Contains(must[1:], m[1]) {
			return "", fmt.Errorf("%s: %s", m[1], why)
		}
		report += fmt.Sprintf("%s 0 %s\n", m[1], why)
		n++
	}
	if n > 0 {
		note = fmt.Sprintf(", %d sources degraded", n)
	}
	work := filepath.Join(filepath.Dir(s.root), "run/work")
	if err := os.MkdirAll(work, 0o755); err != nil {
		return "", err
	}
	return note, durable.Write(filepath.Join(work, "sources"), []byte(report), 0o644)
}
