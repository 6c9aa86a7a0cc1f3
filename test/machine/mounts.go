// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// oldRoot is where the host's root stays visible between pivot_root and its unmounting.
const oldRoot = "/.host"

// mountAll puts the file systems of the machine together in the new mount namespace
// and makes them the root. Changes go to a tmpfs no one else sees: it disappears with
// the namespace.
func (s *setup) mountAll() error {
	if err := mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	if err := mountMemory(s.Dir); err != nil {
		return err
	}
	root := s.Dir + "/root"
	for _, name := range []string{"root", "upper", "work"} {
		if err := os.Mkdir(filepath.Join(s.Dir, name), 0o755); err != nil {
			return fmt.Errorf("cannot make a mount point: %w", err)
		}
	}
	layers, err := s.ownLayers()
	if err != nil {
		return err
	}
	lower, err := lowerDirs(s.Root, layers)
	if err != nil {
		return err
	}
	if err := mountOverlay(s.Dir, lower); err != nil {
		return err
	}
	for _, m := range []struct {
		dir, fstype string
		flags       uintptr
		options     string
	}{
		{"/proc", "proc", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, ""},
		{"/sys", "sysfs", unix.MS_RDONLY | unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, ""},
		{"/sys/fs/cgroup", "cgroup2", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, ""},
		{"/dev", "tmpfs", unix.MS_NOSUID, "mode=755"},
		{"/dev/pts", "devpts", unix.MS_NOSUID | unix.MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620,gid=5"},
		{"/dev/shm", "tmpfs", unix.MS_NOSUID | unix.MS_NODEV, "mode=1777"},
		{"/run", "tmpfs", unix.MS_NOSUID | unix.MS_NODEV, "mode=755,size=256M"}, // a test fills it; half of the host's memory takes half a minute
		{"/tmp", "tmpfs", unix.MS_NOSUID | unix.MS_NODEV, "mode=1777"},
	} {
		if err := os.MkdirAll(root+m.dir, 0o755); err != nil {
			return fmt.Errorf("cannot make a mount point: %w", err)
		}
		if err := mount(m.fstype, root+m.dir, m.fstype, m.flags, m.options); err != nil {
			return err
		}
	}
	if err := s.populateDev(root + "/dev"); err != nil {
		return err
	}
	if err := protectKernel(root + "/proc"); err != nil {
		return err
	}
	return s.pivot(root)
}

// mountMemory mounts what is in memory, in huge pages where a file has room for one (tmpfs(5),
// huge=within_size). A resolver takes all the space of its cache when it makes it: 100 MB, which
// cost 37 ms of a core in small pages, and 1 ms in huge ones.
func mountMemory(dir string) error {
	const options = "mode=700"
	err := mount("tmpfs", dir, "tmpfs", 0, options+",huge=within_size")
	if errors.Is(err, unix.EINVAL) { // a kernel without huge pages
		err = mount("tmpfs", dir, "tmpfs", 0, options)
	}
	return err
}

// pivot makes root the root, shows the bound folders inside and lets go of the host.
func (s *setup) pivot(root string) error {
	if err := os.Mkdir(root+oldRoot, 0o700); err != nil {
		return fmt.Errorf("cannot make a mount point: %w", err)
	}
	if err := unix.PivotRoot(root, root+oldRoot); err != nil {
		return fmt.Errorf("cannot change the root: %w", err)
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	for _, host := range slices.Sorted(maps.Keys(s.Options.BindDirs)) {
		if err := bindReadOnly(oldRoot+host, s.Options.BindDirs[host]); err != nil {
			return err
		}
	}
	if err := unix.Unmount(oldRoot, unix.MNT_DETACH); err != nil {
		return fmt.Errorf("cannot unmount the host's root: %w", err)
	}
	if err := os.Remove(oldRoot); err != nil {
		return err
	}
	// On a real boot systemd does this: services with mount namespaces of their own see
	// later mounts.
	return mount("", "/", "", unix.MS_REC|unix.MS_SHARED, "")
}

// lowerDirs returns what is below an overlay, topmost first.
func lowerDirs(root string, layers []string) ([]string, error) {
	for _, layer := range layers {
		for _, merged := range []string{"bin", "lib", "sbin"} {
			info, err := os.Lstat(filepath.Join(layer, merged))
			if err == nil && info.IsDir() {
				return nil, fmt.Errorf("cannot use %s as a layer: its folder /%s would hide the root's link to /usr/%[2]s", layer, merged)
			}
		}
	}
	dirs := append([]string{root}, layers...)
	slices.Reverse(dirs)
	return dirs, nil
}

// mountOverlay lays folders, topmost first, over each other on dir/root. They go by the names
// of links: the kernel writes the options of a mount anew for every reader of the table of
// mounts, and systemd reads that again and again for the sandbox of each process, in which most
// mounts are of this overlay.
func mountOverlay(dir string, lower []string) error {
	if err := os.Chdir(dir); err != nil {
		return err
	}
	names := make([]string, len(lower))
	for i, target := range lower {
		names[i] = strconv.Itoa(i)
		if err := os.Symlink(target, names[i]); err != nil {
			return fmt.Errorf("cannot make a link to a layer: %w", err)
		}
	}
	return mount("overlay", "root", "overlay", 0, "lowerdir="+strings.Join(names, ":")+",upperdir=upper,workdir=work")
}

// deviceNodes are those of a bare /dev, by their numbers in the kernel (null(4), random(4), tty(4)).
var deviceNodes = map[string]uint64{
	"null": unix.Mkdev(1, 3), "zero": unix.Mkdev(1, 5), "full": unix.Mkdev(1, 7),
	"random": unix.Mkdev(1, 8), "urandom": unix.Mkdev(1, 9), "tty": unix.Mkdev(5, 0),
}

// populateDev fills a bare /dev. A host that is a container itself may not make nodes, and
// binds its own.
func (s *setup) populateDev(dev string) error {
	bound := map[string]string{}
	if s.Kmsg != "" {
		bound["kmsg"] = s.Kmsg
	}
	for name, number := range deviceNodes {
		node := dev + "/" + name
		err := unix.Mknod(node, unix.S_IFCHR|0o666, int(number))
		if err == nil {
			err = os.Chmod(node, 0o666) // the umask has taken from it
		}
		if errors.Is(err, unix.EPERM) {
			bound[name], err = "/dev/"+name, nil
		}
		if err != nil {
			return fmt.Errorf("cannot make the device %s: %w", name, err)
		}
	}
	for name, node := range bound {
		if err := os.WriteFile(dev+"/"+name, nil, 0o666); err != nil {
			return fmt.Errorf("cannot make a mount point: %w", err)
		}
		if err := mount(node, dev+"/"+name, "", unix.MS_BIND, ""); err != nil {
			return err
		}
	}
	links := map[string]string{
		"ptmx": "pts/ptmx", "fd": "/proc/self/fd",
		"stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2",
	}
	for name, target := range links {
		if err := os.Symlink(target, dev+"/"+name); err != nil {
			return fmt.Errorf("cannot make a link in /dev: %w", err)
		}
	}
	return nil
}

// protectKernel makes the kernel settings read-only that no namespace separates from
// the host's: systemd-sysctl writes them at boot. Those below net are the machine's own.
func protectKernel(proc string) error {
	if err := mount(proc+"/sys", proc+"/sys", "", unix.MS_BIND, ""); err != nil {
		return err
	}
	if err := mount(proc+"/sys/net", proc+"/sys/net", "", unix.MS_BIND, ""); err != nil {
		return err
	}
	if err := mount("", proc+"/sys", "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return err
	}
	if !exists(proc + "/sysrq-trigger") { // a kernel without it
		return nil
	}
	return bindReadOnly(proc+"/sysrq-trigger", proc+"/sysrq-trigger")
}

// bindReadOnly shows the file or folder source at target as well, read-only.
func bindReadOnly(source, target string) error {
	info, err := os.Stat(source)
	if err != nil {
		return fmt.Errorf("cannot bind a folder of the host: %w", err)
	}
	if info.IsDir() {
		err = os.MkdirAll(target, 0o755)
	} else if !exists(target) {
		err = writeFile(target, nil, 0o644)
	}
	if err != nil {
		return fmt.Errorf("cannot make a mount point: %w", err)
	}
	if err := mount(source, target, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return err
	}
	return mount("", target, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, "")
}

func mount(source, target, fstype string, flags uintptr, options string) error {
	if err := unix.Mount(source, target, fstype, flags, options); err != nil {
		what := fstype
		if what == "" {
			what = source
		}
		return fmt.Errorf("cannot mount %s on %s with flags %#x, options %q: %w", what, target, flags, options, err)
	}
	return nil
}
