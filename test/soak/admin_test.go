// SPDX-License-Identifier: Apache-2.0

package soak

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// act is something that the administrator does: a script for the shell of root.
type act struct {
	name   string
	script func(r *rand.Rand) string
	// out says why it is left out for the time being.
	out string
}

// acts are all of them. Each has the same chance.
var acts = []act{
	{name: "stop the target", script: fixed("systemctl --no-block stop kresd.target")},
	{name: "start the target", script: fixed("systemctl --no-block start kresd.target")},
	{name: "stop a worker", script: unit("systemctl stop", worker)},
	{name: "start a worker", script: unit("systemctl start", worker)},
	{name: "restart a worker", script: unit("systemctl restart", worker)},
	{name: "kill a worker", script: kill(worker)},
	{name: "mask a worker", script: unit("systemctl mask --runtime", worker)},
	{name: "unmask a worker", script: unit("systemctl unmask --runtime", worker)},
	{name: "freeze a worker", script: unit("systemctl freeze", worker)},
	{name: "thaw a worker", script: unit("systemctl thaw", worker)},
	{name: "stop an other", script: unit("systemctl stop", other)},
	{name: "restart an other", script: unit("systemctl restart", other)},
	{name: "kill an other", script: kill(other)},
	{name: "mask an other", script: unit("systemctl mask --runtime", other)},
	{name: "unmask an other", script: unit("systemctl unmask --runtime", other)},
	{name: "edit the file", script: edit},
	{name: "edit the file and reload", script: then(edit, "systemctl reload kresd-manager")},
	{name: "break the file", script: fixed(write(configFile, "workers: many\n"))},
	{name: "break the file and reload", script: fixed(write(configFile, "workers: many\n") + "systemctl reload kresd-manager")},
	{name: "write the file in two parts", script: halves},
	{name: "replace the certificate", script: certificate},
	{name: "replace the list", script: list},
	{name: "remove a control socket", script: func(r *rand.Rand) string { return fmt.Sprintf("rm -f /run/knot-resolver/control/%d", 1+r.IntN(most)) }},
	{name: "remove the rules", script: fixed("rm -rf /run/knot-resolver/work/ruledb")},
	{name: "empty the run directory", script: fixed("rm -rf /run/knot-resolver/*")},
	{name: "remove the API socket", script: fixed("rm -f /run/knot-resolver/kres-api.sock")},
	{name: "reload the manager", script: fixed("systemctl reload kresd-manager")},
	{name: "restart the manager", script: fixed("systemctl restart kresd-manager")},
	{name: "stop the manager", script: fixed("systemctl stop kresd-manager")},
	{name: "stop the manager and its socket", script: fixed("systemctl stop kresd-manager.socket kresd-manager")},
	{name: "start the manager", script: fixed("systemctl start kresd-manager")},
	{name: "kill the manager", script: fixed("systemctl kill --signal=KILL kresd-manager")},
	{name: "stop all", script: fixed("systemctl --no-block stop kresd-manager.socket kresd.target kresd-manager")},
	{name: "daemon-reload", script: fixed("systemctl daemon-reload")},
	{name: "daemon-reexec", script: fixed("systemctl daemon-reexec")},
}

const configFile = "/etc/knot-resolver/config.yaml"

func fixed(script string) func(*rand.Rand) string { return func(*rand.Rand) string { return script } }

func then(f func(*rand.Rand) string, more string) func(*rand.Rand) string {
	return func(r *rand.Rand) string { return f(r) + more }
}

func unit(command string, which func(*rand.Rand) string) func(*rand.Rand) string {
	return func(r *rand.Rand) string { return command + " " + which(r) }
}

// kill kills a unit that is not frozen: systemd 262 does nothing more with one that is
// killed then, until the next boot (units.Observed.Stuck).
func kill(which func(*rand.Rand) string) func(*rand.Rand) string {
	return func(r *rand.Rand) string {
		u := which(r)
		return "systemctl thaw " + u + " 2>/dev/null; systemctl kill --signal=KILL " + u
	}
}

func worker(r *rand.Rand) string { return fmt.Sprintf("kresd@%d.service", 1+r.IntN(most)) }

func other(r *rand.Rand) string {
	return []string{"kres-policy-loader.service", "kres-gc.service"}[r.IntN(2)]
}

// write writes a file where it is, as an editor does that knows no better.
func write(path, text string) string { return "cat >" + path + " <<'END'\n" + text + "END\n" }

func edit(r *rand.Rand) string { return write(configFile, document(drawn(r))) }

func halves(r *rand.Rand) string {
	return fmt.Sprintf("{ head -c %d; sleep 0.%d; cat; } >%s <<'END'\n%sEND\n", 20+r.IntN(300), 1+r.IntN(9), configFile, document(drawn(r)))
}

// certificates are so many, made before.
const certificates = 3

func certificate(r *rand.Rand) string {
	n := r.IntN(certificates)
	return fmt.Sprintf("cd /etc/knot-resolver && cat /root/%d.key >tls.key && cat /root/%[1]d.pem >tls.pem", n)
}

func list(r *rand.Rand) string {
	return "cd /etc/knot-resolver\n" + write("list.new", zone(1+r.IntN(9))) + "mv list.new list.rpz"
}

// chosen are the acts that a run has: without those that are left out, and of these
// those that -only wants.
func chosen() []act {
	var some []act
	for _, a := range acts {
		if (a.out == "" || *all) && wanted(a.name) {
			some = append(some, a)
		}
	}
	return some
}

// short is a script in one line of a report.
func short(script string) string {
	if first, _, more := strings.Cut(script, "\n"); more {
		return first + " …"
	}
	return script
}
