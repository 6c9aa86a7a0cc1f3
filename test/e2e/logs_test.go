// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"

	"kresd-manager/test/product"
)

func TestLogs(t *testing.T) {
	fresh(t, basic+"lua: {script: \"log('the script was here')\"}\n")
	eventually(t, "the journal has the worker's words", func() bool {
		out := must(t, "setpriv", "--reuid=nobody", "--regid=nogroup", "--groups=knot-resolver", "kresctl", "logs", "-n", "1000", "kresd@1", "kresd-manager")
		return strings.Contains(out, " kresd@1 kresd: ") && strings.Contains(out, "the script was here") &&
			strings.Contains(out, " kresd-manager kresd-manager: ready") && !strings.Contains(out, " kresd@2 ")
	})
	// Who leaves takes the reader of the journal along.
	if r := run(t, "curl", "-sN", "--max-time", "2", "--unix-socket", product.Socket, "http://localhost/v1/logs"); r.Code != 28 || !strings.Contains(r.Stdout, "event: log\ndata: {") {
		t.Errorf("%d %s", r.Code, r.Stdout)
	}
	eventually(t, "nobody reads the journal any more", func() bool { return run(t, "pgrep", "-x", "journalctl").Code != 0 })
}
