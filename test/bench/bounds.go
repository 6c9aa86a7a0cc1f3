// SPDX-License-Identifier: Apache-2.0

package main

import "strings"

// bounds say, of rows that were over budget when someone looked for the reason, what keeps
// them there. They are printed with a row while it is over budget.
var bounds = []struct{ what, why string }{
	{"systemctl start until all workers answer", "before the loader starts there are two processes more than in the floor, which make and check the run directory, and the manager's own sandbox, for each of which systemd runs an executor; then the manager reads, looks and has polkit asked. The garbage collector comes after the first worker. See the plot"},
	{"the same, and nothing has asked polkit before", "as the row above"},
	{"reload of ", "the manager reads, validates, renders and writes the whole before the loader may begin, so that nothing is loaded of what is refused"},
	{"memory that the manager grows by", "what runs and what is to run are held at once, each as text, tree and configuration, until the change is in force; the collector lets garbage be as large as what is in use"},
	{"GET /v1/config, one connection", "two processes take turns, and the kernel wakes each for every request: see the floor, which is a server that does nothing else; 15 × stock would be several times that"},
	{"certificate: ", "the manager looks at all units before and after, and asks each worker over its control socket"},
	{"nothing: ", "the manager looks at all units, each a call over D-Bus unless it is known to be as before"},
}

// bound is what keeps a row over budget, "" if it is not or no one knows.
func (r *result) bound() string {
	if r.Verdict != over {
		return ""
	}
	for _, b := range bounds {
		if strings.HasPrefix(r.What, b.what) {
			return b.why
		}
	}
	return ""
}
