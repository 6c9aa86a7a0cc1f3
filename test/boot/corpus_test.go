// SPDX-License-Identifier: Apache-2.0

package boot

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// systemd accepts all that the generator's corpus says is made, beside the
// installed units.
func TestSystemdAcceptsTheCorpus(t *testing.T) {
	m := again(t, nil)
	cases, err := filepath.Glob("../../generator/testdata/corpus/*.txtar")
	if err != nil || len(cases) < 20 {
		t.Fatalf("there are %d archives, %v", len(cases), err)
	}
	var script strings.Builder
	for _, path := range cases {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		dir := "/tmp/corpus/" + strings.TrimSuffix(filepath.Base(path), ".txtar")
		for _, f := range archive.Files {
			name, ok := strings.CutPrefix(f.Name, "out/")
			if !ok {
				continue
			}
			// The installed units and the program are elsewhere here.
			text := strings.NewReplacer("/usr/lib/systemd/", "/usr/local/lib/systemd/").Replace(string(f.Data))
			file := filepath.Join(dir, name)
			script.WriteString("mkdir -p " + filepath.Dir(file) + "\n")
			if target, ok := strings.CutPrefix(text, "-> "); ok {
				script.WriteString("ln -s " + strings.TrimSpace(target) + " '" + file + "'\n")
			} else if err := m.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	sh(t, m, script.String())
	out := sh(t, m, `cd /tmp/corpus && for d in *; do
		units=$(cd $d && find . -path './kresd.target.wants/*' -o -path './multi-user.target.wants/*' | sed 's|.*/||' | sort -u)
		SYSTEMD_UNIT_PATH=/tmp/corpus/$d: systemd-analyze verify --man=no $units >/tmp/out 2>&1 || echo "$d: exit $?"
		sed "s|^|$d: |" /tmp/out
	done; ls | wc -l`)
	if lines := strings.Split(out, "\n"); len(lines) != 1 || len(lines[0]) < 2 {
		t.Errorf("systemd-analyze verify says:\n%s", out)
	}
}
