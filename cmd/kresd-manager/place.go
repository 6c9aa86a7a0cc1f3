// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"time"

	"kresd-manager/dbusctl"
	"kresd-manager/internal/access"
	"kresd-manager/internal/config"
	"kresd-manager/internal/judge"
	"kresd-manager/internal/manager"
	"kresd-manager/internal/sandbox"
	"kresd-manager/internal/transient"
	"kresd-manager/units"
)

var (
	errNotRoot = errors.New("only root may add units to the system's systemd; " +
		"run this with --user, or start the installed kresd-manager.service")
	errNoSession = errors.New("this user has no systemd, because XDG_RUNTIME_DIR is not set; " +
		"log in, or have root run loginctl enable-linger USER")
)

// nameForm is what a unit and a directory can be called by, with "-" in front.
var nameForm = regexp.MustCompile(`^[a-z0-9]{1,32}$`)

// place fills in the directories that were not given.
func (o *options) place(uid int, getenv func(string) string) error {
	dirs := [4]string{"/run/knot-resolver", "/run/kresd-manager", "/var/lib/kresd-manager", "/var/cache/knot-resolver"}
	part := ""
	if o.name != "" {
		if !o.transient {
			return errors.New("--name is for run and --transient only: installed units have fixed names")
		}
		if !nameForm.MatchString(o.name) {
			return fmt.Errorf("cannot use the name %q: up to 32 lower-case letters and digits", o.name)
		}
		part = "-" + o.name
	}
	session := getenv("XDG_RUNTIME_DIR")
	if o.transient && !o.user && uid != 0 {
		if session == "" {
			return errNotRoot
		}
		o.user = true
	}
	if o.user {
		if session == "" {
			return errNoSession
		}
		home := getenv("HOME")
		if home == "" {
			return errors.New("HOME is not set, below which the history and the cache are kept")
		}
		dirs = [4]string{
			filepath.Join(session, "knot-resolver"),
			filepath.Join(session, "kresd-manager"),
			filepath.Join(cmp.Or(getenv("XDG_STATE_HOME"), filepath.Join(home, ".local/state")), "kresd-manager"),
			filepath.Join(cmp.Or(getenv("XDG_CACHE_HOME"), filepath.Join(home, ".cache")), "knot-resolver"),
		}
	}
	for i, dir := range []*string{&o.rundir, &o.runtimeDir, &o.stateDir, &o.cacheDir} {
		*dir = cmp.Or(*dir, dirs[i]+part)
	}
	return nil
}

// host is what the configuration may depend on.
func (o *options) host() config.Host {
	host := config.Host{CPUs: runtime.NumCPU(), BaseDir: filepath.Dir(o.configs[0])}
	host.Hostname, _ = os.Hostname()
	if o.transient {
		host.Rundir, host.CacheDir = o.rundir, o.cacheDir
	}
	if o.user {
		host.LowestPort = lowestPort()
	}
	return host
}

// lowestPort is the first port for everyone (ip(7)).
func lowestPort() int {
	b, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	n, nerr := strconv.Atoi(string(bytes.TrimSpace(b)))
	if err != nil || nerr != nil {
		return 1024
	}
	return n
}

// systemd returns the service manager to work with. For transient units it
// also makes the directories that are otherwise made by systemd-tmpfiles.
func (o *options) systemd(log *slog.Logger) (systemd, error) {
	if !o.transient {
		return &dbusctl.Client{Log: log}, nil
	}
	units.Use(o.name)
	place := transient.Place{User: o.user, Name: o.name, Rundir: o.rundir, RuntimeDir: o.runtimeDir, CacheDir: o.cacheDir, Programs: programs()}
	for name, path := range map[string]*string{"kresd": &place.Kresd, "kres-cache-gc": &place.CacheGC} {
		var err error
		if *path, err = find(name); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{"kresd-drain", "kresd-component"} {
		if _, err := os.Stat(filepath.Join(place.Programs, name)); err != nil {
			return nil, fmt.Errorf("%s must be in the directory of kresd-manager: %w; make build puts both there", name, err)
		}
	}
	if _, err := place.Unit(units.Canary); err != nil {
		return nil, err
	}
	if err := o.makeDirectories(); err != nil {
		return nil, err
	}
	t := &dbusctl.Transient{Client: &dbusctl.Client{Log: log}, Unit: place.Unit, Slice: place.Slice(), Apart: o.name != ""}
	if o.user {
		t.Address = dbusctl.UserBus()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := t.CheckAbsent(ctx, units.InstanceUnit(""), units.Component{}.Unit()); err != nil {
		t.Close()
		if o.user && errors.Is(err, units.ErrUnavailable) {
			return nil, fmt.Errorf("the systemd of this user does not answer on the bus at %s (Debian needs the package dbus-user-session): %w", t.Address, err)
		}
		return nil, err
	}
	return t, nil
}

// readers are who uses the files that a configuration names.
func (o *options) readers() (r judge.Readers, err error) {
	who, err := access.Self()
	if err != nil {
		return r, err
	}
	switch {
	case o.user:
		r = judge.Everyone(who, "")
	case o.transient:
		r, err = judge.Packaged()
	default:
		r, err = judge.Installed()
	}
	r.Manager, r.Self = who, true
	return r, err
}

// sandbox is what knows how the installed units are confined; transient ones are
// made with the directories that they need, and those of a user are not confined.
func (o *options) sandbox(base string) manager.Sandbox {
	if o.transient {
		return nil
	}
	return sandbox.Installed(base)
}

// find looks for a program also where an ordinary user's PATH does not lead.
func find(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return filepath.Abs(path)
	}
	for _, dir := range []string{"/usr/local/sbin", "/usr/sbin"} {
		path := filepath.Join(dir, name)
		if st, err := os.Stat(path); err == nil && st.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("cannot find %s: install Knot Resolver 6 (in Debian the package knot-resolver6)", name)
}

// introduce tells someone at a terminal what there is now.
func (o *options) introduce(w io.Writer, running *config.Running) {
	kresctl := filepath.Join(programs(), "kresctl")
	if _, err := os.Stat(kresctl); err != nil {
		kresctl = "kresctl"
	}
	systemctl := "systemctl"
	if o.user {
		systemctl += " --user"
	}
	fmt.Fprintf(w, "\nKnot Resolver is running.\n")
	for _, l := range running.Network.Listen {
		if l.Kind != "dns" || len(l.Interface) == 0 {
			continue
		}
		address := l.Interface[0].Name
		if l.Interface[0].Addr.IsValid() {
			address = l.Interface[0].Addr.String()
		}
		fmt.Fprintf(w, "  ask it          kdig @%s -p %d nic.cz\n", address, l.Interface[0].Port)
		break
	}
	at := running.Management.UnixSocket
	if at == "" {
		at = running.Management.Interface.String()
	}
	fmt.Fprintf(w, "  look at it      %s -s %s status\n", kresctl, at)
	if running.Management.UnixSocket != "" {
		fmt.Fprintf(w, "  in a browser    %s -s %s ui --local\n", kresctl, at)
	}
	fmt.Fprintf(w, "  look at units   %s status '%s'\n", systemctl, units.InstanceUnit("*"))
	fmt.Fprintf(w, "  stop it         Ctrl-C\n\n")
}
