// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// How a directive of a unit names paths. PID 1, or a child of it that is still
// root, looks at them; so each has to be out of the reach of our users.
type pathKind int

const (
	noPath    pathKind = iota
	looked             // systemd follows it; each word is one, after "-", "+", "!", "|" and ":"
	made               // systemd makes it, without following
	below              // a name below /run or /var/lib of what systemd makes
	program            // the program, and of what runs as root, all paths among the arguments
	forbidden          // what it names would be read by systemd as root
)

// directives are all that our units have, by name. One that is not here makes
// the test fail, until someone has looked whether it takes a path.
var directives = map[string]pathKind{
	"AssertPathIsSymbolicLink": looked, "AssertPathExists": looked, "ConditionPathIsSymbolicLink": looked, "ConditionDirectoryNotEmpty": looked,
	"ConditionPathExists": looked, "ReadWritePaths": looked, "ReadOnlyPaths": looked, "InaccessiblePaths": looked, "TemporaryFileSystem": looked, "WorkingDirectory": looked, "RequiresMountsFor": looked,
	"ListenStream": made, "StateDirectory": below, "RuntimeDirectory": below,
	"ExecStart": program, "ExecStartPre": program, "ExecStop": program, "ExecReload": program, "ExecCondition": program,
	"EnvironmentFile": forbidden, "LoadCredential": forbidden, "LoadCredentialEncrypted": forbidden, "BindPaths": forbidden,
	"BindReadOnlyPaths": forbidden, "SourcePath": forbidden, "PIDFile": forbidden, "RootDirectory": forbidden, "RootImage": forbidden,
	"StandardInput": forbidden, "StandardOutput": forbidden, "StandardError": forbidden, "OpenFile": forbidden, "ImportCredential": forbidden,
}

// pathless take none.
var pathless = strings.Fields(`IPAddressAllow RefuseManualStop IgnoreOnIsolate After Before Also AmbientCapabilities Backlog CapabilityBoundingSet Conflicts DefaultDependencies
	Description DevicePolicy Documentation Environment Group IPAddressDeny JobTimeoutSec JobRunningTimeoutSec KeyringMode KillMode LimitNOFILE LockPersonality
	MemoryDenyWriteExecute NoNewPrivileges NotifyAccess OOMPolicy OOMScoreAdjust PartOf PrivateDevices PrivateIPC PrivateMounts PrivateNetwork
	PrivateTmp PrivateUsers ProcSubset ProtectClock ProtectControlGroups ProtectHome ProtectHostname ProtectKernelLogs ProtectKernelModules
	ProtectKernelTunables ProtectProc ProtectSystem RemainAfterExit RemoveIPC RemoveOnStop Restart RestartMaxDelaySec RestartPreventExitStatus
	RestartSec RestartSteps RestrictAddressFamilies RestrictNamespaces RestrictRealtime RestrictSUIDSGID RuntimeDirectoryMode
	RuntimeDirectoryPreserve Slice SocketGroup SocketMode StartLimitBurst StartLimitIntervalSec StateDirectoryMode SupplementaryGroups
	SyslogIdentifier SystemCallArchitectures SystemCallErrorNumber SystemCallFilter TimeoutAbortSec TimeoutStartSec TimeoutStopSec Type UMask
	User WantedBy Wants WatchdogSec SocketUser MemoryMax MemoryHigh MemorySwapMax CPUWeight CPUQuota IOWeight TasksMax`)

var absolute = regexp.MustCompile(`(?:^|[\s"'=:+])(/[A-Za-z0-9_@.*/:-]+)`)

// used is one path that root uses, and where that is written.
type used struct {
	where, path string
	// made is of what root makes without following, so that it need not be there
	// before.
	made bool
}

// String is the path as inReach takes it.
func (u used) String() string {
	if u.made {
		return "made " + u.path
	}
	return "looked " + u.path
}

// TestNothingRootFollows: no path that a unit, a line of tmpfiles.d(5), a socket or
// a program run as root uses may be created, replaced or linked by one of our
// users. A directory in which they may make files is root's and sticky, and what
// root makes there it makes without following.
func TestNothingRootFollows(t *testing.T) {
	// A configuration with which the generator makes everything that it can.
	sut.Fleet(t) // the agent may be there from another test, and is in any case ours
	sut.Fresh(t, basic)
	sut.WriteConfig(t, basic+"cache: {storage: /var/cache/elsewhere}\nsystemd: {memory-max: 1G, slice: system-dns.slice}\ncomponents: {extra: {command: [/bin/sleep, infinity]}}\n")
	sut.Must(t, "install", "-d", "-o", "knot-resolver", "-g", "knot-resolver", "/var/cache/elsewhere")
	tidy(t, "rm -rf /var/cache/elsewhere; systemctl daemon-reload")
	sut.Must(t, "systemctl", "daemon-reload")
	paths := slices.Concat(inUnits(t), inTmpfiles(t), inScripts(t))
	if len(paths) < 60 {
		t.Fatalf("only %d paths were found, so that this test has tested little", len(paths))
	}
	var ask []string
	for _, u := range paths {
		ask = append(ask, u.String())
	}
	reached := inReach(t, ask)
	for _, u := range paths {
		if why := reached[u.String()]; why != "" {
			t.Errorf("%s: root uses %s: %s", u.where, u.path, why)
		}
	}
}

// Without this, the test above could pass for the wrong reason.
func TestWhatIsInReachOfOurUsersIsFound(t *testing.T) {
	sut.Fresh(t, basic)
	sut.Must(t, "sh", "-ec", `
		mkdir -p /etc/reach/open /etc/reach/sticky; chmod 0777 /etc/reach/open; chmod 1777 /etc/reach/sticky
		setpriv --reuid=knot-resolver --regid=knot-resolver --clear-groups touch /etc/reach/sticky/theirs
		touch /etc/reach/open/file /etc/reach/sticky/ours; ln -s open /etc/reach/link`)
	tidy(t, "rm -rf /etc/reach")
	cases := map[string]string{
		"looked /etc/reach/open/file": "in /etc/reach/open", "made /etc/reach/open/none": "in /etc/reach/open",
		"looked /etc/reach/link/file": "in /etc/reach/open", "looked /etc/reach/sticky/ours": "", "made /etc/reach/sticky/none": "",
		"looked /etc/reach/sticky/none": "can make /etc/reach/sticky/none", "made /etc/reach/sticky/none/x": "can make /etc/reach/sticky/none",
		"made /etc/reach/sticky/theirs": "knot-resolver's own", "looked /etc/reach/none": "",
		"looked /run/kresd-manager/worker/worker.lua": "in /run/kresd-manager", "looked /run/knot-resolver/control/1": "in /run/knot-resolver/control",
		"looked /run/knot-resolver/control": "", "looked /run/knot-resolver/supervisord.conf": "kresd-manager can make", "made /run/knot-resolver/kres-api.sock": "",
	}
	got := inReach(t, slices.Collect(maps.Keys(cases)))
	for path, want := range cases {
		if !strings.Contains(got[path], want) || want == "" && got[path] != "" {
			t.Errorf("%s: %q, want %q", path, got[path], want)
		}
	}
}

// inReach says for every path what our users could do to it, as they could with
// all groups that their units give them. It is run as root inside.
func inReach(t *testing.T, paths []string) map[string]string {
	t.Helper()
	const walk = `
import os, stat, sys, pwd, grp
users = {}
for name in ("kresd-manager", "knot-resolver"):
    groups = {grp.getgrnam(g).gr_gid for g in ("knot-resolver",)}
    if name == "kresd-manager":
        groups |= {grp.getgrnam(g).gr_gid for g in ("kresd-manager", "systemd-journal")}
    users[name] = (pwd.getpwnam(name).pw_uid, groups)
def writable(st, uid, groups):
    if st.st_uid == uid: return True # it can change the mode
    if st.st_gid in groups: return bool(st.st_mode & 0o020)
    return bool(st.st_mode & 0o002)
def look(path, made, depth=0):
    # Every directory on the way, also of links.
    at = "/"
    parts = [p for p in path.split("/") if p]
    for i, part in enumerate(parts):
        here = os.lstat(at)
        there = os.path.join(at, part)
        try: st = os.lstat(there)
        except FileNotFoundError: st = None
        for name, (uid, groups) in users.items():
            if writable(here, uid, groups):
                if here.st_uid != 0 or not here.st_mode & stat.S_ISVTX:
                    return "%s can put anything in its place, in %s" % (name, at)
                if st is not None and st.st_uid == uid:
                    return "it is %s's own, in a directory that is shared: %s" % (name, there)
                if st is None and not (made and i + 1 == len(parts)):
                    return "%s can make %s" % (name, there)
        if st is None: return ""
        if stat.S_ISLNK(st.st_mode):
            if depth > 20: return "a loop of links"
            target = os.path.normpath(os.path.join(at, os.readlink(there)))
            return look("/".join([target] + parts[i+1:]), made, depth + 1)
        at = there
    return ""
for line in sys.stdin.read().splitlines():
    kind, path = line.split(" ", 1)
    print(line + "\t" + look(path, kind == "made"))
`
	r := sut.Run(t.Context(), machineCmd(strings.Join(paths, "\n"), "python3", "-c", walk))
	if r.Code != 0 {
		t.Fatalf("cannot look at the paths: %s", r.Stderr)
	}
	reach := map[string]string{}
	for line := range strings.Lines(r.Stdout) {
		asked, why, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		reach[asked] = why
	}
	return reach
}

// inUnits are the paths in all units of ours that systemd knows, with all their
// drop-ins and what the generator has made.
func inUnits(t *testing.T) (all []used) {
	t.Helper()
	names := []string{"kresd@1.service", "kresd@canary.service", "kres-policy-loader.service", "kres-gc.service", "kres-component@extra.service",
		"kresd-manager.service", "kresd-manager.socket", "kresd.target", "kresd-rundir.service", "kresd-rundir-check.service", "kres-fleet.service"}
	text := sut.Must(t, append([]string{"systemctl", "cat", "--"}, names...)...)
	installed := strings.Fields(sut.Must(t, "sh", "-c", "cd /usr/local/lib/systemd/system && ls -d kres*"))
	for _, name := range installed {
		if !slices.ContainsFunc(names, func(n string) bool { return n == name || template(n) == name || strings.HasSuffix(name, ".d") }) {
			t.Errorf("the unit %s is installed and not looked at", name)
		}
	}
	text += sut.Must(t, "sh", "-c", `for f in $(find /run/systemd/generator* -name 'kres*' -type f) $(find /run/systemd/generator*/kres* -type f) /usr/local/lib/systemd/system/knot-resolver.service.d/*; do echo "# $f"; cat $f; done`)
	unit, user := "", ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "# /"); ok {
			unit = "/" + name
			if !strings.Contains(path.Dir(name), ".d") {
				user = ""
			}
		}
		if line == "" || line[0] == '#' || line[0] == '[' {
			continue
		}
		name, value, _ := strings.Cut(line, "=")
		if name == "User" {
			user = value
		}
		kind, known := directives[name]
		if !known && !slices.Contains(pathless, name) {
			t.Errorf("%s has %s=: does it take a path that systemd looks at? add it to directives or pathless", unit, name)
		}
		where := unit + ", " + name + "="
		switch kind {
		case noPath:
			if strings.Contains(value, " /") || strings.HasPrefix(value, "/") {
				t.Errorf("%s%s: it takes no path, and there is one", where, value)
			}
		case forbidden:
			t.Errorf("%s%s: systemd would read that as root", where, value)
		case below:
			root := map[string]string{"StateDirectory": "/var/lib/", "RuntimeDirectory": "/run/"}[name]
			all = append(all, used{where, root + strings.ReplaceAll(value, "%i", "extra"), true})
		case looked, made:
			for word := range strings.FieldsSeq(value) {
				if p := strings.TrimLeft(word, "-+!|:"); strings.HasPrefix(p, "/") && p != "/tmp" { // a /tmp of its own
					all = append(all, used{where, p, kind == made})
				}
			}
		case program:
			all = append(all, commandPaths(unit, where, user, value)...)
		}
	}
	return all
}

// commandPaths are the program, and of what root runs, all arguments.
func commandPaths(unit, where, user, value string) (all []used) {
	if value == "" {
		return nil
	}
	name := strings.Fields(value)[0]
	prefix := name[:strings.IndexByte(name, '/')]
	all = []used{{where, name[len(prefix):], false}}
	if strings.Contains(prefix, "+") || strings.Contains(prefix, "!") || user == "" && !strings.Contains(unit, ".d/") {
		for _, m := range absolute.FindAllStringSubmatch(value, -1) {
			all = append(all, used{where, m[1], true})
		}
	}
	return all
}

// inTmpfiles are the paths that systemd-tmpfiles(8) makes as root, and those of
// its configuration.
func inTmpfiles(t *testing.T) (all []used) {
	t.Helper()
	const conf = "/usr/local/lib/tmpfiles.d/kresd-manager.conf"
	for line := range strings.Lines(sut.Must(t, "cat", conf)) {
		f := strings.Fields(line)
		if len(f) == 0 || f[0][0] == '#' {
			continue
		}
		if f[0] != "d" && f[0] != "f" {
			t.Errorf("%s has a line of type %s: does root follow something with it?", conf, f[0])
		}
		all = append(all, used{conf, f[1], true})
	}
	for _, p := range []string{conf, "/etc/tmpfiles.d/knot-resolver.conf", "/usr/local/lib/sysusers.d/kresd-manager.conf"} {
		all = append(all, used{"systemd", p, false})
	}
	// Whatever other packages say of these paths, ours counts.
	out := sut.Must(t, "systemd-tmpfiles", "--cat-config")
	for line := range strings.Lines(out) {
		if f := strings.Fields(line); len(f) > 4 && f[1] == "/run/knot-resolver" && f[3] != "root" {
			t.Errorf("tmpfiles.d has %q", strings.TrimSpace(line))
		}
	}
	return all
}

// inScripts are the paths in programs of ours that root runs and that are scripts.
func inScripts(t *testing.T) (all []used) {
	t.Helper()
	const script = "/usr/local/lib/kresd-manager/kresd-rundir"
	for line := range strings.Lines(sut.Must(t, "cat", script)) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for _, m := range absolute.FindAllStringSubmatch(line, -1) {
			all = append(all, used{script, m[1], true})
		}
	}
	if len(all) == 0 {
		t.Errorf("%s has no path", script)
	}
	return all
}

// template is the name of the template of an instance.
func template(name string) string {
	before, after, ok := strings.Cut(name, "@")
	if !ok {
		return ""
	}
	return fmt.Sprintf("%s@%s", before, after[strings.IndexByte(after, '.'):])
}
