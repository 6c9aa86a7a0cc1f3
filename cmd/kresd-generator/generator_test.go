// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"kresd-manager/generator"
)

// TestMain lets this program be the child that reads, and the generator.
func TestMain(m *testing.M) {
	readTime = 3 * time.Second
	if os.Getenv("GENERATE") != "" {
		readTime, deadline = 30*time.Second, time.Minute
	}
	if len(os.Args) > 1 && os.Args[1] == "--read" || os.Getenv("GENERATE") != "" {
		os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// world is a folder with a configuration and, if kept, a generation.
type world struct{ dir string }

func newWorld(t *testing.T, config string, kept bool) world {
	t.Helper()
	w := world{t.TempDir()}
	files := map[string]string{"units/kres-policy-loader.service": ""}
	if config != "" {
		files["config.yaml"] = config
	}
	if kept {
		files["state/boot/worker.lua"], files["state/boot/policy-loader.lua"] = "", ""
		files["state/boot/components.json"] = `{"workers": 2, "gc": ["-c", "/var/cache/knot-resolver"]}`
	}
	for name, text := range files {
		path := filepath.Join(w.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// The child is someone else if this is root.
	for dir := w.dir; dir != "/" && dir != "/tmp"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			break
		}
	}
	return w
}

func (w world) path(name string) string { return filepath.Join(w.dir, name) }

// command is the generator as systemd calls it.
func (w world) command(args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", append([]string{"--config", w.path("config.yaml"), "--state-dir", w.path("state"), "--unit-dir", w.path("units")}, args...)...)
	cmd.Env = []string{"GENERATE=1"}
	if os.Geteuid() == 0 {
		// As anyone: on a machine without the product root has no one to become.
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	return cmd
}

func (w world) generate(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	for _, dir := range args {
		if filepath.IsAbs(dir) {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			_ = os.Chmod(dir, 0o777)
		}
	}
	cmd := w.command(args...)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), complaint.String(), cmd.ProcessState.ExitCode()
}

// made lists what is in a directory.
func made(dir string) string {
	var b strings.Builder
	for _, e := range generator.InPlace(dir) {
		b.WriteString(e.Path + " ")
	}
	return strings.TrimSpace(b.String())
}

const keptSet = "kresd-boot.target kresd.target.wants/kres-gc.service kresd.target.wants/kres-policy-loader.service kresd.target.wants/kresd@1.service kresd.target.wants/kresd@2.service multi-user.target.wants/kresd-boot.target multi-user.target.wants/kresd.target"

func TestWithOneAndThreeDirectories(t *testing.T) {
	for _, names := range [][]string{{"normal"}, {"normal", "early", "late"}} {
		w := newWorld(t, "workers: 9\n", true)
		var dirs []string
		for _, n := range names {
			dirs = append(dirs, w.path(n))
		}
		if out, complaint, code := w.generate(t, dirs...); code != 0 || out+complaint != "" {
			t.Errorf("exit %d\n%s%s", code, out, complaint)
		}
		if got := made(dirs[0]); got != keptSet {
			t.Errorf("made %s", got)
		}
		for _, d := range dirs[1:] {
			if got := made(d); got != "" {
				t.Errorf("made %s in %s", got, d)
			}
		}
	}
}

func TestUsage(t *testing.T) {
	w := newWorld(t, "", false)
	for _, args := range [][]string{{}, {w.path("a"), w.path("b")}, {"--json", w.path("a")}, {"--nonsense"}, {"--dry-run", w.path("a"), w.path("b")}} {
		if _, complaint, code := w.generate(t, args...); code != exitUsage || !strings.Contains(complaint, "kresd-generator") {
			t.Errorf("%q: exit %d, %q", args, code, complaint)
		}
	}
}

func TestSilentWithoutAConfiguration(t *testing.T) {
	w := newWorld(t, "", true)
	if out, complaint, code := w.generate(t, w.path("out")); code != 0 || out+complaint != "" || made(w.path("out")) != "" {
		t.Errorf("exit %d, made %q\n%s%s", code, made(w.path("out")), out, complaint)
	}
}

func TestNotForUsersAndInitrds(t *testing.T) {
	for _, env := range []string{"SYSTEMD_SCOPE=user", "SYSTEMD_IN_INITRD=1"} {
		w := newWorld(t, "{}", true)
		cmd := w.command(w.path("out"))
		cmd.Env = append(cmd.Env, env)
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 || made(w.path("out")) != "" {
			t.Errorf("%s: %v, made %q\n%s", env, err, made(w.path("out")), out)
		}
	}
}

// What is wrong with a configuration never stops the last good one.
func TestTheLastGoodSetWhateverTheConfigurationIs(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(path string) error
		reason  string
	}{
		"broken":      {func(p string) error { return os.WriteFile(p, []byte("workers: {"), 0o644) }, `config.yaml:2:1: not valid YAML`},
		"a fifo":      {func(p string) error { return syscall.Mkfifo(p, 0o666) }, `it is not a regular file`},
		"a folder":    {func(p string) error { return os.Mkdir(p, 0o755) }, `is a directory`},
		"a device":    {func(p string) error { return os.Symlink("/dev/zero", p) }, `it is not a regular file`},
		"a loop":      {func(p string) error { return os.Symlink(p, p) }, `too many levels`},
		"not for us":  {func(p string) error { return os.WriteFile(p, nil, 0o200) }, `permission denied`},
		"a gigabyte":  {func(p string) error { return sparse(p, 1<<30) }, `larger than 64 MiB`},
		"only NUL":    {func(p string) error { return sparse(p, 60<<20) }, `NUL`},
		"alias bomb":  {func(p string) error { return os.WriteFile(p, []byte(bomb()), 0o644) }, `values`},
		"much memory": {func(p string) error { return os.WriteFile(p, bytes.Repeat([]byte("- - - x\n"), 7<<20), 0o644) }, `config.yaml`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "", true)
			if err := c.prepare(w.path("config.yaml")); err != nil {
				t.Fatal(err)
			}
			failing := strings.NewReplacer(" kresd.target.wants/kres-gc.", " kresd-configuration.service kresd.target.wants/kres-gc.",
				"/kresd-boot.target multi-", "/kresd-boot.target multi-user.target.wants/kresd-configuration.service multi-").Replace(keptSet)
			_, complaint, code := w.generate(t, w.path("out"))
			if code != 0 || !strings.Contains(complaint, c.reason) && !strings.Contains(complaint, "took longer") {
				t.Errorf("exit %d, complaint %q", code, complaint)
			}
			if got := made(w.path("out")); got != failing {
				t.Errorf("made %s", got)
			}
		})
	}
}

func TestALastGoodSetThatCannotBeUsed(t *testing.T) {
	for text, want := range map[string]string{
		`{"format": 2, "workers": 2}`: "boot/components.json: it was written by a newer kresd-manager (format 2; this one knows 1): restart kresd-manager, which writes it anew",
		`{"workers": 2`:               "boot/components.json: unexpected end of JSON input",
	} {
		w := newWorld(t, "{}", true)
		if err := os.WriteFile(w.path("state/boot/components.json"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		const words = "kresd-generator: cannot use the last good configuration: "
		_, complaint, code := w.generate(t, w.path("out"))
		if code != 0 || !strings.HasPrefix(complaint, words) || !strings.Contains(complaint, want) || made(w.path("out")) != "" {
			t.Errorf("%s: exit %d, made %q, complaint %q", text, code, made(w.path("out")), complaint)
		}
		if _, complaint, code := w.generate(t, "--dry-run", w.path("out")); code != exitFailed || !strings.HasPrefix(complaint, words) || !strings.Contains(complaint, want) {
			t.Errorf("%s: a dry run exits with %d and says %q", text, code, complaint)
		}
	}
}

func sparse(path string, size int64) error {
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		return err
	}
	return os.Truncate(path, size)
}

func bomb() string {
	text := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'j'; c++ {
		text += fmt.Sprintf("%c: &%[1]c [%s]\n", c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c,", c-1), 9), ","))
	}
	return text
}

func TestManyAtTheSameTimeAndAgain(t *testing.T) {
	w := newWorld(t, "workers: -1", true)
	w.generate(t, w.path("out"))
	want := made(w.path("out"))
	var all sync.WaitGroup
	for range 6 {
		all.Add(1)
		go func() {
			defer all.Done()
			if out, err := w.command(w.path("out")).CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		}()
	}
	all.Wait()
	if got := made(w.path("out")); got != want {
		t.Errorf("made %s\nand before %s", got, want)
	}
	left, err := filepath.Glob(w.path("out/*/.*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

func TestWhatIsNotWantedAnyMoreGoes(t *testing.T) {
	w := newWorld(t, "workers: [", true)
	foreign := w.path("out/kresd.target.wants/mine.service")
	w.generate(t, w.path("out"))
	if err := os.Symlink("/dev/null", foreign); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(w.path("config.yaml")); err != nil {
		t.Fatal(err)
	}
	w.generate(t, w.path("out"))
	if got := made(w.path("out")); got != "" {
		t.Errorf("left: %s", got)
	}
	if _, err := os.Lstat(foreign); err != nil {
		t.Errorf("what someone else has made is gone: %v", err)
	}
}

func TestTheStockServiceGoesFirstIfItStartsAtBoot(t *testing.T) {
	root := t.TempDir()
	link := func(target, path string) {
		t.Helper()
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, path); err != nil {
			t.Fatal(err)
		}
	}
	if stockStarts(root) {
		t.Error("it is not there")
	}
	link("kresd.service", "usr/lib/systemd/system/knot-resolver.service")
	if err := os.WriteFile(filepath.Join(root, "usr/lib/systemd/system/kresd.service"), []byte("[Unit]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if stockStarts(root) {
		t.Error("no one wants it")
	}
	link("../knot-resolver.service", "usr/lib/systemd/system/multi-user.target.wants/knot-resolver.service")
	if !stockStarts(root) {
		t.Error("its package has it started")
	}
	link("/dev/null", "etc/systemd/system/knot-resolver.service")
	if stockStarts(root) {
		t.Error("it is masked")
	}
}

// A child that hangs ends with the time that it has; what it has told counts.
func TestAReaderThatHangs(t *testing.T) {
	for name, c := range map[string]struct {
		script string
		kept   bool
	}{
		"at once":             {"exec sleep 60", false},
		"at the file":         {"printf 'kept\\nworkers 2\\n'; exec sleep 60", true},
		"in a line":           {"printf 'kept\\nworkers 2\\ngc'; exec sleep 60", true},
		"and has a child":     {"printf 'kept\\nworkers 2\\n'; sleep 60 & wait", true},
		"and never stops":     {"printf 'kept\\nworkers 2\\n'; exec yes", false},
		"and wants the world": {"printf 'kept\\nworkers 2\\nExecStart=/bin/sh\\nconfig good\\nend\\n'", false},
		"and dies":            {"printf 'kept\\nworkers 2\\n'; kill -9 $$", true},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "reader")
			if err := os.WriteFile(path, []byte("#!/bin/sh\nPATH=/usr/bin:/bin\n"+c.script+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			reader, began = path, time.Now()
			asUser = false
			defer func() { reader, asUser = "/proc/self/exe", true }()
			d, err := ask(generator.Paths{Config: "/c.yaml"})
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
			if err == nil || !strings.HasPrefix(d.Failure, "/c.yaml: reading it ") {
				t.Errorf("failure %q, error %v", d.Failure, err)
			}
			if (d.Set != nil) != c.kept {
				t.Errorf("set %+v", d.Set)
			}
		})
	}
}

func TestDryRun(t *testing.T) {
	w := newWorld(t, "systemd: {memory-max: 1G}\n", true)
	out, complaint, code := w.generate(t, "--dry-run", w.path("out"))
	if code != 0 || complaint != "" || !strings.Contains(out, "MemoryMax=1073741824") || !strings.Contains(out, "+ kresd@.service.d/05-kresd-manager.conf\n") {
		t.Errorf("exit %d\n%s%s", code, out, complaint)
	}
	if made(w.path("out")) != "" {
		t.Error("a dry run has written")
	}
	w.generate(t, w.path("out"))
	if out, _, _ := w.generate(t, "--dry-run", w.path("out")); !strings.Contains(out, "differences to "+w.path("out")+": 0\n") {
		t.Errorf("with everything in place:\n%s", out)
	}
	if err := os.WriteFile(w.path("config.yaml"), []byte("workers: 0\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	out, complaint, code = w.generate(t, "--dry-run", "--json", w.path("out"))
	var r report
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != exitFailed || !strings.Contains(complaint, "/workers") {
		t.Fatalf("exit %d, %v\n%s%s", code, err, out, complaint)
	}
	var changes []string
	for _, c := range r.Changes {
		changes = append(changes, c.String())
	}
	want := "+ kresd-configuration.service|- kresd@.service.d/05-kresd-manager.conf|+ multi-user.target.wants/kresd-configuration.service"
	if got := strings.Join(changes, "|"); got != want || !strings.Contains(r.Error, "/workers: expected an integer") || len(r.Entries) == 0 {
		t.Errorf("changes %s\nerror %q, %d entries", got, r.Error, len(r.Entries))
	}
}

// It runs as root at every boot: it is small and can talk to no one.
func TestNoNetworkAndNoBus(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	bad := regexp.MustCompile(`(?m)^(net|net/http|crypto/tls|.*dbus.*|.*/dbusctl|.*/api|.*/internal/manager)$`)
	if found := bad.FindAllString(string(out), -1); len(found) > 0 || len(out) < 1000 {
		t.Errorf("it links %q", found)
	}
	path := filepath.Join(t.TempDir(), "generator")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if info, err := os.Stat(path); err != nil || info.Size() > 6<<20 {
		t.Errorf("it has %d bytes, %v", info.Size(), err)
	}
}
