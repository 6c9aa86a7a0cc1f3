// SPDX-License-Identifier: Apache-2.0

// Package doors tries every way in which a user can ask systemd for something,
// as the two users of the product: every method over D-Bus and over Varlink that
// the systemd of a machine has. A method that it does not know fails the test,
// until someone has looked at what it can do.
package doors

import (
	"regexp"
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

// Call calls a method as a user without any capability, who cannot gain one, with
// arguments as busctl takes them: the signature and then the values. It returns
// Allowed, Refused, or the name of the error and its text.
func (s System) Call(t *testing.T, user string, o Object, method string, args ...string) string {
	t.Helper()
	r := s.Run(t.Context(), machine.Cmd{User: user, Unprivileged: true, Env: []string{"SYSTEMD_LOG_LEVEL=debug"},
		Args: append([]string{"busctl", "--allow-interactive-authorization=no", "call", "--", o.service, o.path, o.face, method}, args...)})
	if r.Code == 0 {
		return Allowed
	}
	found := gotError.FindAllStringSubmatch(r.Stderr, -1)
	if len(found) == 0 {
		return "no answer: " + lastLine(r.Stderr)
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
