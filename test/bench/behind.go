// SPDX-License-Identifier: Apache-2.0

package main

import "strings"

// behinds say why a peer can be better than ours in a row, and what ours has of it or does in
// its place.
var behinds = []struct{ what, why string }{
	{"until a new local name", "they change the tables of the process that serves. Here the policy-loader, a process of its own, reads all rules first, so that what is broken never meets a client; the price is its start"},
	{"until a block list", "they read the list in the process that serves, or keep it in memory in a form that is quick to change. Here it goes into a database that all workers share, and that a restart does not read again"},
	{"until one more address", "they open the socket in the process that serves. Here workers are replaced one by one behind a canary, so that an address that cannot be bound costs no one anything"},
	{"queries lost until", "a process that does not end loses nothing; here, too, nothing is lost but what the kernel drops where no core is free"},
	{"worst latency until", "a thread beside those that serve takes less of the machine than a process that starts; the policy-loader runs at the same priority as the workers"},
	{"memory (PSS)", "one process with threads has one heap; four workers have four, and share the cache and the rules"},
}

// behind says which peers are better than ours in a row, and why; "" if none is. Less is
// better in all of them.
func (r *result) behind() string {
	here := r.Samples["here"]
	if r.Section != peers || len(here) == 0 {
		return ""
	}
	var better []string
	for _, name := range peerColumns {
		if s := r.Samples[name]; name != "here" && len(s) > 0 && s.median() < here.median() {
			better = append(better, name)
		}
	}
	if len(better) == 0 {
		return ""
	}
	return "better than here: " + strings.Join(better, "; ") + ". The reason: " + behindOf(r.What)
}

func behindOf(what string) string {
	for _, b := range behinds {
		if strings.HasPrefix(what, b.what) {
			return b.why
		}
	}
	return ""
}
