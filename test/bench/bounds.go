// SPDX-License-Identifier: Apache-2.0

package main

import "strings"

// bounds say what keeps a row over budget, of every row that has one: printed with it while
// it is over. The first whose beginning or middle a row has is its own.
var bounds = []struct{ what, why string }{
	{"systemctl start until all workers answer", "before the loader starts the manager does, whose sandbox takes as long as the loader's; then it reads, looks and has polkit asked about each job. PID 1, which does one thing at a time, has twice the work of the floor with it: a process more, the answers, and a signal for each unit that is read in for one. See the plot"},
	{"the same, and nothing has asked polkit before", "as the row above, and polkit's own start, which waits for the bus"},
	{"the same, with DNS over TLS and no certificate", "as the row above; the first worker makes the key that the others share, so that they come after it"},
	{"reload of ", "the manager reads, validates, renders and writes the whole before the loader may begin, so that nothing is loaded of what is refused: the trace has how long that takes, most of it on both cores, and that the workers are told within two milliseconds"},
	{"read, ", "the text and what is packed of it are larger than the caches of the processor from some hundred thousand entries on, and each entry waits for memory"},
	{"validate, ", "as for reading: each entry is taken from a text that is larger than the caches of the processor"},
	{"render, ", "as for reading: each entry is taken from a text that is larger than the caches of the processor"},
	{"plan, ", "the plan does not look at entries: what is measured is a few microseconds"},
	{"write, ", "as for rendering, which it does once more into files"},
	{"peak of memory, ", "the text, what is packed of it, and the keys sorted for its hash"},
	{"memory that the manager grows by", "the text that is read, which is kept, room to sort its keys by, and what garbage the collector leaves: as much as half of all that is in use, of which a fixed part weighs more the smaller the text is"},
	{"memory for 100000 addresses", "the program itself, of which several megabytes are mapped, is a multiple of so small a file"},
	{"validate ", "the program's start is a good part of it; the rest is that each name and address is looked at"},
	{"GET /v1/config, median time", "two processes take turns, and the kernel wakes each for every request: see the floor"},
	{"GET /v1/config, one connection", "two processes take turns, and the kernel wakes each for every request: see the floor, which is a server that does nothing else; 15 × stock would be several times that"},
	{"GET /metrics/prometheus", "each worker is asked over its control socket, and gives all that it counts as JSON"},
	{"GET /v1/status ", "each unit more is looked at, which is a call over D-Bus, and a line more in the answer"},
	{"kresctl status", "the program's start, and the status of every unit, each a call over D-Bus"},
	{"kresctl ", "the start of a program of Go: its memory is mapped, its packages initialized"},
	{"PUT that changes nothing", "the manager looks at all units, each a call over D-Bus unless it is known to be as before"},
	{"nothing: ", "the manager looks at all units, each a call over D-Bus unless it is known to be as before"},
	{"rules-only change until", "a loader's whole start with its sandbox, for one name"},
	{"rules: ", "what comes before the loader and after it, see the trace: the manager looks at all units, and writes the generation; the workers are told side by side"},
	{"certificate: ", "the manager reads the file again and looks at all units; the workers are asked side by side, in two milliseconds: see the trace"},
	{"worker key: ", "the canary and each worker are waited for until they answer, which the bare restarts are not"},
	{"change that rolls", "a canary goes first, and each worker is asked whether it answers before the next one is drained"},
	{"collector: ", "what comes before the job and after it, see the trace: the manager looks at all units"},
	{"limits: ", "the manager reads the limit of each worker, then sets those of the first one, which polkit may refuse, and of all others at once, of which systemd does one after another: see the trace"},
	{"count: ", "the manager looks at all units, and with limits at those of each worker, before it starts the new one: see the trace"},
	{"PID 1 starts until DNS answers", "systemd, the bus and polkit come up first, on as many cores as the machine has"},
	{"the same, our manager disabled", "systemd and the bus come up first, as they do for stock"},
	{"kresd-generator, ", "the lines are read one after another by a program that may hold no more than a part of them"},
	{"control plane memory (PSS)", "after some hundred changes 6 MiB of the heap, half of it gaps between what stays, 3.6 MiB of the garbage collector's own, 1.6 MiB of stacks, and 1.5 MiB of the program that are mapped at rest"},
	{"the same, scraped every second", "a scrape maps as much as 11 MiB of the program, and the heap is collected when no one asks for ten seconds"},
	{"the same, with 10 listeners to events", "a change leaves garbage until it is collected, and the listeners need pages of the program again, beside what is in the row of the manager at rest"},
	{"times that the manager at rest runs", "what else happens on the bus and to the units that it listens to"},
	{"more ", "what the history keeps of the last changes"},
	{"worst latency in it", "a worker less answers while one restarts, and the two cores start it meanwhile"},
	{"workers restarted by that", "no worker depends on the manager: one that restarted did for a reason of its own, which the journal has"},
	{"DoQ, a connection for each", "the kernel picks the worker by the ports of a datagram and the number of sockets, which changes while workers restart: a handshake that is under way then reaches a worker that does not know it, and fails"},
	{"DoQ, ", "kresd says no goodbye over QUIC, and a worker is silent to datagrams of a connection that another one has: as soon as the number of sockets changes, the kernel gives it some, and a client asks on until it gives the connection up by itself, here after a second. See how the last one was reset"},
	{"connections with keepalive", "a client that asks in the moment in which the goodbye is on its way has to ask again"},
	{"connections that are kept", "a client that does not understand the goodbye is cut at the end of the drain's deadline"},
	{"lost", "of a rate that leaves no core free, the kernel drops what the receive buffer of a socket has no room for: the note has the overflows"},
	{"the only worker restarted", "one worker, its spare and the load take all cores of two, so that a start takes time from the one that serves: the kernel drops what its receive buffer has no room for, and the note has as many overflows as losses"},
	{"UDP, ", "of a rate that leaves no core free, the kernel drops what the receive buffer of a socket has no room for: the note has the overflows"},
}

// bound is what keeps a row over budget, "" if it is not or no one knows.
func (r *result) bound() string {
	if r.Verdict != over {
		return ""
	}
	return boundOf(r.What)
}

func boundOf(what string) string {
	for _, b := range bounds {
		if strings.Contains(what, b.what) {
			return b.why
		}
	}
	return ""
}
