// SPDX-License-Identifier: Apache-2.0

package etcd

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// What etcd could not do is said without the words of the library.
func TestReasons(t *testing.T) {
	dial := `connection error: desc = "transport: Error while dialing: dial tcp 192.0.2.1:2379: connect: connection refused"`
	for said, test := range map[string]struct {
		err  error
		want string
	}{
		"no answer":             {context.DeadlineExceeded, "no answer within 5s; is it there, and has it a leader (etcdctl endpoint status)?"},
		"no answer, of a call":  {status.Error(codes.DeadlineExceeded, "context deadline exceeded"), "no answer within 5s; is it there, and has it a leader (etcdctl endpoint status)?"},
		"no leader":             {rpctypes.ErrNoLeader, "no leader"},
		"nothing listens there": {status.Error(codes.Unavailable, dial), "no connection: 192.0.2.1:2379: connection refused"},
		"may not":               {rpctypes.ErrPermissionDenied, "permission denied"},
		"a full disk":           {rpctypes.ErrNoSpace, "mvcc: database space exceeded"},
		"an end":                {fmt.Errorf("asking: %w", context.Canceled), "the request was given up"},
	} {
		if got := reason(test.err); got != test.want {
			t.Errorf("%s: %q, want %q", said, got, test.want)
		}
	}
	f := &failed{endpoints: []string{"a:1", "b:2"}, why: "w", err: context.DeadlineExceeded}
	if f.Error() != "cannot use etcd at a:1, b:2: w" || !errors.Is(f, context.DeadlineExceeded) {
		t.Errorf("%q", f.Error())
	}
}
