// SPDX-License-Identifier: Apache-2.0

package durable

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// house is root's directory with a file, and one of alice's beside it.
func house(t *testing.T) (roots, hers string) {
	needRoot(t)
	dir := folder(t)
	roots, hers = filepath.Join(dir, "root"), filepath.Join(dir, "alice")
	must(t, os.Mkdir(roots, 0o755))
	must(t, os.Mkdir(hers, 0o755))
	must(t, os.Chown(hers, alice, alice))
	file(t, filepath.Join(roots, "f"), "old", 0, 0, 0o600)
	return roots, hers
}

// TestLinkOfAnother does not make root write where its owner cannot.
func TestLinkOfAnother(t *testing.T) {
	roots, hers := house(t)
	link(t, roots+"/f", hers+"/to-file", alice)
	link(t, roots+"/new", hers+"/to-new", alice)
	link(t, roots, hers+"/to-folder", alice)
	link(t, hers+"/to-file", hers+"/by-root", 0) // and on by hers
	link(t, "/proc/self/fd/1", hers+"/to-stdout", alice)
	for _, path := range []string{"to-file", "to-new", "to-folder/f", "to-folder/new", "by-root", "to-stdout"} {
		refused(t, Save(filepath.Join(hers, path), []byte("new"), Options{}), "the symbolic link "+hers, "belongs to 65531 and leads to", "which does not")
	}
	is(t, roots+"/f", state{"old", 0, 0, 0o600, ""})
	only(t, roots, "f")

	// What she links to in her own files is hers.
	file(t, hers+"/f", "old", alice, alice, 0o600)
	link(t, "f", hers+"/own", alice)
	link(t, "made", hers+"/own-new", alice)
	must(t, Save(hers+"/own", []byte("new"), Options{}))
	is(t, hers+"/f", state{"new", alice, alice, 0o600, ""})
	must(t, Save(hers+"/own-new", []byte("new"), Options{Mode: 0o600}))
	is(t, hers+"/made", state{"new", 0, 0, 0o600, ""})
	// And what root links to, root means.
	link(t, roots+"/f", hers+"/roots", 0)
	must(t, Save(hers+"/roots", []byte("new"), Options{}))
	is(t, roots+"/f", state{"new", 0, 0, 0o600, ""})
}

// TestStickyDirectory refuses what others have put there, as
// fs.protected_symlinks, fs.protected_regular and fs.protected_fifos do.
func TestStickyDirectory(t *testing.T) {
	for _, mode := range []uint32{0o1777, 0o1770} {
		roots, _ := house(t)
		tmp := filepath.Join(roots, "tmp")
		must(t, os.Mkdir(tmp, 0o755))
		must(t, unix.Chmod(tmp, mode))
		file(t, tmp+"/f", "hers", alice, alice, 0o666)
		link(t, "f", tmp+"/l", alice)
		must(t, unix.Mkfifo(tmp+"/p", 0o666))
		must(t, os.Chown(tmp+"/p", alice, alice))
		refused(t, Save(tmp+"/f", []byte("new"), Options{}), "it belongs to 65531, in a directory where others put files, too")
		refused(t, Save(tmp+"/p", []byte("new"), Options{}), "it belongs to 65531, in a directory where others put files, too")
		refused(t, Save(tmp+"/l", []byte("new"), Options{}), "the symbolic link "+tmp+"/l belongs to 65531, in a directory")
		is(t, tmp+"/f", state{"hers", alice, alice, 0o666, ""})
		// What belongs to the owner of the directory, or to oneself, is well.
		file(t, tmp+"/r", "old", 0, 0, 0o600)
		link(t, "r", tmp+"/rl", 0)
		must(t, Save(tmp+"/rl", []byte("new"), Options{}))
		is(t, tmp+"/r", state{"new", 0, 0, 0o600, ""})
		if mode&0o001 != 0 {
			as(t, alice, alice, nil, func() { must(t, Save(tmp+"/l", []byte("new"), Options{})) })
			is(t, tmp+"/f", state{"new", alice, alice, 0o666, ""})
		}
	}
}

// TestRaces has alice swap everything that is hers for links to root's while
// root saves, in the directory and on the way to it.
func TestRaces(t *testing.T) {
	both(t, func(t *testing.T) {
		roots, hers := house(t)
		file(t, hers+"/f", "old", alice, alice, 0o600)
		must(t, os.Mkdir(hers+"/d", 0o755))
		must(t, os.Chown(hers+"/d", alice, alice))
		file(t, hers+"/d/f", "old", alice, alice, 0o600)
		link(t, roots+"/f", hers+"/f.link", alice)
		link(t, roots, hers+"/d.link", alice)

		end := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			as(t, alice, alice, nil, func() {
				for {
					select {
					case <-end:
						return
					default:
					}
					for _, name := range []string{"f", "d"} {
						at := hers + "/" + name
						_ = unix.Renameat2(unix.AT_FDCWD, at, unix.AT_FDCWD, at+".link", unix.RENAME_EXCHANGE)
					}
					// And what root has not yet renamed.
					for _, dir := range []string{hers, hers + "/d"} {
						entries, _ := os.ReadDir(dir)
						for _, e := range entries {
							if strings.Contains(e.Name(), ".new-") {
								_ = os.Remove(dir + "/" + e.Name())
								_ = os.Symlink(roots+"/f", dir+"/"+e.Name())
							}
						}
					}
				}
			})
		})
		kinds := map[string]int{}
		for range 400 {
			for _, path := range []string{hers + "/f", hers + "/d/f"} {
				err := Save(path, []byte("by root"), Options{})
				words := "saved"
				if err != nil {
					words, _, _ = strings.Cut(err.Error(), " ")
				}
				kinds[words]++
			}
		}
		close(end)
		wg.Wait()
		t.Log(kinds)
		is(t, roots+"/f", state{"old", 0, 0, 0o600, ""})
		only(t, roots, "f")
	})
}
