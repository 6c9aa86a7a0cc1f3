// SPDX-License-Identifier: Apache-2.0

package access

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// TestKernelAgrees holds the answers against those of the system, for another
// account: test(1) asks it with access(2).
func TestKernelAgrees(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can ask as someone else")
	}
	const uid, gid, extra = 65533, 65532, 65531
	who := Identity{Name: "someone", UID: uid, GIDs: []uint32{gid, extra}}
	root, err := os.MkdirTemp("/tmp", "access") // t.TempDir is closed to others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(root) })
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	ask := func(args ...string) bool {
		cmd := exec.Command("/usr/bin/test", args...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid, Groups: []uint32{extra}}}
		return cmd.Run() == nil
	}
	if !ask("-d", "/") {
		t.Skip("cannot ask as someone else")
	}
	random := rand.New(rand.NewPCG(1, 2))
	owners := []int{0, uid}
	groups := []int{0, gid, extra}
	for i := range 60 {
		dir := filepath.Join(root, fmt.Sprint(i))
		file := filepath.Join(dir, "file")
		link := filepath.Join(root, fmt.Sprint("link", i))
		must(t, os.Mkdir(dir, 0o700))
		must(t, os.WriteFile(file, nil, 0o600))
		must(t, os.Symlink(filepath.Join(fmt.Sprint(i), "..", fmt.Sprint(i), "file"), link))
		for _, p := range []string{file, dir} {
			must(t, os.Chown(p, owners[random.IntN(2)], groups[random.IntN(3)]))
			must(t, os.Chmod(p, os.FileMode(random.IntN(0o1000))|0o100*os.FileMode(i%2)))
		}
		for _, q := range []struct {
			need Need
			path string
			want bool
		}{
			{ReadFile, file, ask("-r", file)},
			{ReadFile, link, ask("-r", link)},
			{WriteDir, dir, ask("-w", dir) && ask("-x", dir)},
			{WriteFile, file, ask("-w", file) && ask("-w", dir) && ask("-x", dir)},
		} {
			findings := Check(OS, who, Path{Need: q.need, Path: q.path})
			if len(findings) == 0 != q.want {
				info, err := OS.Lstat(q.path)
				t.Errorf("%s %s: %+v, the kernel says %v; %+v, %v", q.need, q.path, findings, q.want, info, err)
			}
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
