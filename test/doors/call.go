// SPDX-License-Identifier: Apache-2.0

// Package doors tries every way in which a user can ask systemd for something,
// as the two users of the product: every method over D-Bus and over Varlink that
// the systemd of a machine has. A method that it does not know fails the test,
// until someone has looked at what it can do.
package doors

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"kresd-manager/test/machine"
)

// The users of the product.
const (
	Manager = "kresd-manager"
	Worker  = "knot-resolver"
)

// Refused is the answer to who may not do what he asks for, whoever says so.
const Refused = "refused"

// Allowed is the answer to a call that was carried out.
const Allowed = "allowed"

// System is a machine with the product running in it: two workers at least.
type System struct{ *machine.Machine }

// Systemd is where systemd's manager object is on the bus.
var Systemd = Object{"org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"}

// login is the unit of logind, which listens once it runs: a test machine starts it when it is asked.
const login = "systemd-logind.service"

// Login is that of logind.
var Login = Object{"org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager"}

// Object is an object of a service on the bus, seen through one interface.
type Object struct{ service, path, face string }

// Unit is the object of a unit; it is read in if it is not there.
func (s System) Unit(t *testing.T, unit string) Object {
	t.Helper()
	path := s.must(t, "busctl", "--json=short", "call", "--", Systemd.service, Systemd.path, Systemd.face, "LoadUnit", "s", unit)
	_, path, _ = strings.Cut(path, `["`)
	path, _, _ = strings.Cut(path, `"`)
	return Object{Systemd.service, path, "org.freedesktop.systemd1.Unit"}
}

// gotError is how sd-bus logs an answer that is an error.
var gotError = regexp.MustCompile(`error-name=([A-Za-z][\w.]*\.\w+) error-message=(.*)`)

// request is a call of a method of an object, with arguments as busctl takes them: the
// signature and then the values.
type request struct {
	object Object
	method string
	args   []string
}

// Call calls a method as a user without any capability, who cannot gain one, with
// arguments as busctl takes them: the signature and then the values. It returns
// Allowed, Refused, or the name of the error and its text.
func (s System) Call(t *testing.T, user string, o Object, method string, args ...string) string {
	t.Helper()
	return s.calls(t, user, []request{{o, method, args}})[0]
}

// each runs commands one after another, each given by the number of its words and these, and
// ends what it says with a line: the exit code after an end mark.
const each = `while (($#)); do n=$1; shift; "${@:1:n}" >/dev/null; printf '\nended with %d\n' $? >&2; shift $n; done`

var ended = regexp.MustCompile(`\nended with (\d+)\n`)

// calls is Call for many requests, in their order: to become the user takes as long as to ask.
func (s System) calls(t *testing.T, user string, all []request) (answers []string) {
	t.Helper()
	const most = 50 // a command line has no room for thousands
	if len(all) > most {
		return append(s.calls(t, user, all[:most]), s.calls(t, user, all[most:])...)
	}
	var commands [][]string
	for _, r := range all {
		commands = append(commands, append([]string{"busctl", "--allow-interactive-authorization=no", "call", "--", r.object.service, r.object.path, r.object.face, r.method}, r.args...))
	}
	r := s.Run(t.Context(), machine.Cmd{User: user, Unprivileged: true, Env: []string{"SYSTEMD_LOG_LEVEL=debug"}, Args: oneByOne(commands)})
	if answers = answersOf(r.Stderr); len(answers) != len(all) {
		t.Fatalf("%d of %d calls have ended: exit %d\n%s", len(answers), len(all), r.Code, r.Stderr)
	}
	return answers
}

// oneByOne is a command line that runs others.
func oneByOne(commands [][]string) []string {
	words := []string{"bash", "-c", each, "bash"}
	for _, c := range commands {
		words = append(append(words, strconv.Itoa(len(c))), c...)
	}
	return words
}

// answersOf are those of the commands that each has run, by its error stream.
func answersOf(said string) (answers []string) {
	from := 0
	for _, end := range ended.FindAllStringSubmatchIndex(said, -1) {
		answers = append(answers, answer(said[end[2]:end[3]], said[from:end[0]]))
		from = end[1]
	}
	return answers
}

// answer is what Call returns of an exit code of busctl and what it said.
func answer(code, said string) string {
	if code == "0" {
		return Allowed
	}
	found := gotError.FindAllStringSubmatch(said, -1)
	if len(found) == 0 {
		return "no answer: " + lastLine(said)
	}
	name, text := found[len(found)-1][1], found[len(found)-1][2]
	switch name {
	case "org.freedesktop.DBus.Error.AccessDenied", "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired":
		return Refused
	}
	return name + ": " + text
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

func (s System) must(t *testing.T, args ...string) string {
	t.Helper()
	r := s.Run(t.Context(), machine.Cmd{Args: args})
	if r.Code != 0 {
		t.Fatalf("%s: exit %d\n%s%s", strings.Join(args, " "), r.Code, r.Stdout, r.Stderr)
	}
	return r.Stdout
}
