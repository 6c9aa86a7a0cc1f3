// SPDX-License-Identifier: Apache-2.0

package unitdir

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSettings(t *testing.T) {
	const usr, etc, run = "/usr/lib/systemd/system/", "/etc/systemd/system/", "/run/systemd/generator/"
	files := map[string]string{
		usr + "a-b@.service":                 "# x\n[Unit]\nAfter=c\n[Service]\nUser=u\nExecStart=one \\\n# in between\n  two\nnonsense\n",
		usr + "a-b@1.service.d/10-own.conf":  "[Service]\nOrder=10\n",
		run + "a-b@.service.d/05-made.conf":  "[Service]\nOrder=05\n",
		usr + "a-b@.service.d/20-both.conf":  "[Service]\nOrder=usr\n",
		etc + "a-b@.service.d/20-both.conf":  "[Service]\nOrder=20\n",
		etc + "service.d/20-both.conf":       "[Service]\nOrder=type\n",
		etc + "service.d/15-all.conf":        "[Service]\nOrder=15\n",
		etc + "a-@.service.d/30-prefix.conf": "[Service]\nOrder=30\n",
		usr + "a-b@.service.d/40-gone.conf":  "[Service]\nOrder=gone\n",
		etc + "a-b@2.service.d/50-no.conf":   "[Service]\nOrder=another\n",
		etc + "a-b@.service.d/readme":        "[Service]\nOrder=readme\n",
	}
	p := Now()
	p.Root = tree(t, etc+"a-b@.service.d/40-gone.conf -> /dev/null")
	for name, text := range files {
		file := filepath.Join(p.Root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	all, ok := p.Settings("a-b@1.service")
	var got []string
	for _, s := range all {
		got = append(got, s.Section+"/"+s.Name+"="+s.Value)
	}
	const want = "Unit/After=c Service/User=u Service/ExecStart=one  two " +
		"Service/Order=05 Service/Order=10 Service/Order=15 Service/Order=20 Service/Order=30"
	if !ok || strings.Join(got, " ") != want {
		t.Errorf("%t %s\nwant %s", ok, strings.Join(got, " "), want)
	}
	if last := all[len(all)-1]; last.File != etc+"a-@.service.d/30-prefix.conf" {
		t.Errorf("the last one is in %s", last.File)
	}
	if _, ok := p.Settings("none.service"); ok {
		t.Error("there is a unit that is not there")
	}
}
