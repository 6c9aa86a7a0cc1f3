// SPDX-License-Identifier: Apache-2.0

package doors

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kresd-manager/test/machine"
)

// dialog sends one call over a Varlink socket and prints the first answer: both
// are JSON that ends with a NUL byte (varlink.org, "Wire Format").
const dialog = `use Socket;
my ($socket, $call, $c) = @ARGV;
socket($c, AF_UNIX, SOCK_STREAM, 0) && connect($c, pack_sockaddr_un($socket)) or die "connect: $!\n";
alarm 20;
syswrite($c, "$call\0") == length("$call\0") or die "send: $!\n";
local $/ = "\0";
my $answer = <$c>;
die "hung up\n" unless defined $answer;
chomp $answer;
print $answer;`

// Varlinks are the sockets below /run that systemd answers Varlink on and that
// anyone may connect to, sorted.
func (s System) Varlinks(t *testing.T) []string {
	t.Helper()
	sockets := strings.Fields(s.must(t, "find", "/run", "-path", "/run/user", "-prune", "-o",
		"-type", "s", "-name", "io.systemd.*", "-perm", "-o+w", "-print"))
	slices.Sort(sockets)
	return sockets
}

// PID1 is where systemd itself answers.
const PID1 = "/run/systemd/io.systemd.Manager"

// Varlink calls a method as a user, as Call does. It returns Allowed, Refused, or
// the name of the error and what comes with it.
func (s System) Varlink(t *testing.T, user, socket, method, parameters string) string {
	t.Helper()
	name, answer := s.varlink(t, user, socket, method, parameters)
	switch name {
	case "":
		return Allowed
	case "org.varlink.service.PermissionDenied", "io.systemd.InteractiveAuthenticationRequired":
		return Refused
	}
	return name + ": " + answer
}

func (s System) varlink(t *testing.T, user, socket, method, parameters string) (name, answer string) {
	t.Helper()
	if parameters == "" {
		parameters = "{}"
	}
	call := fmt.Sprintf(`{"method": %q, "parameters": %s}`, method, parameters)
	r := s.Run(t.Context(), machine.Cmd{User: user, Unprivileged: user != "", Args: []string{"perl", "-e", dialog, socket, call}})
	if r.Code != 0 {
		return "no answer", lastLine(r.Stderr)
	}
	var a struct{ Error string }
	if err := json.Unmarshal([]byte(r.Stdout), &a); err != nil {
		t.Fatalf("%s on %s answers %q: %v", method, socket, r.Stdout, err)
	}
	return a.Error, r.Stdout
}

// idlMethod is a method in an interface definition (varlink.org, "Interface Definition").
var idlMethod = regexp.MustCompile(`(?m)^method (\w+)`)

// described returns the methods that a socket has, each with its interface.
func (s System) described(t *testing.T, socket string) (methods []string) {
	t.Helper()
	if name, _ := s.varlink(t, "", socket, "org.varlink.service.GetInfo", ""); name == "org.varlink.service.MethodNotImplemented" {
		t.Logf("%s does not say what it has", socket) // systemd 252
		return nil
	}
	ask := func(method, parameters string, reply any) {
		name, answer := s.varlink(t, "", socket, "org.varlink.service."+method, parameters)
		if name != "" {
			t.Fatalf("%s on %s: %s %s", method, socket, name, answer)
		}
		if err := json.Unmarshal([]byte(answer), reply); err != nil {
			t.Fatalf("%s on %s: %v in %s", method, socket, err, answer)
		}
	}
	var info struct{ Parameters struct{ Interfaces []string } }
	ask("GetInfo", "", &info)
	for _, face := range info.Parameters.Interfaces {
		var text struct{ Parameters struct{ Description string } }
		ask("GetInterfaceDescription", fmt.Sprintf(`{"interface": %q}`, face), &text)
		for _, m := range idlMethod.FindAllStringSubmatch(text.Parameters.Description, -1) {
			methods = append(methods, face+"."+m[1])
		}
	}
	return methods
}

// TryVarlink tries every method of every socket as both users. It returns how many
// calls were refused.
func (s System) TryVarlink(t *testing.T) (refusals int) {
	t.Helper()
	s.must(t, "systemctl", "start", login)
	job := s.foreignJob(t)
	before := s.states(t)
	for _, socket := range s.Varlinks(t) {
		for _, name := range s.described(t, socket) {
			m, known := varlinkMethods[name]
			if !known {
				t.Errorf("%s has the method %s, which no one has looked at: see what it can do to whom, "+
					"and add it to varlinkMethods in test/doors", socket, name)
				continue
			}
			if m.what == reads {
				continue
			}
			for _, user := range []string{Manager, Worker} {
				refusals++
				got := s.Varlink(t, user, socket, name, strings.ReplaceAll(m.parameters, "JOB", job))
				if got != Refused && (m.says == "" || !strings.Contains(got, m.says)) {
					t.Errorf("%s: %s on %s with %s is not refused: %s", user, name, socket, m.parameters, got)
				}
			}
		}
	}
	if after := s.states(t); !slices.Equal(before, after) {
		t.Errorf("what was refused had effects:\n%q\n%q", before, after)
	}
	if got := s.jobs(t); !strings.Contains(got, foreign) {
		t.Errorf("the job of %s is gone; those left are:\n%s", foreign, got)
	}
	return refusals
}
