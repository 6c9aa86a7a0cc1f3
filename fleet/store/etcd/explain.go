// SPDX-License-Identifier: Apache-2.0

package etcd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// failed is a request that etcd did not do, in words for whoever runs it. It unwraps to
// what the client library said.
type failed struct {
	endpoints []string
	why       string
	err       error
}

func (f *failed) Error() string {
	return fmt.Sprintf("cannot use etcd at %s: %s", strings.Join(f.endpoints, ", "), f.why)
}

func (f *failed) Unwrap() error { return f.err }

// explain says of an error of the client library what an operator can act on.
func (s *Store) explain(err error) error {
	return &failed{endpoints: s.c.Endpoints(), why: reason(err), err: err}
}

// reason is an error without the words of the library, of gRPC and of Go.
func reason(err error) string {
	code, said := codes.Unknown, err.Error()
	var carrier interface{ GRPCStatus() *status.Status }
	if errors.As(err, &carrier) {
		code, said = carrier.GRPCStatus().Code(), carrier.GRPCStatus().Message()
	}
	// Of a connection that cannot be made the last thing said is what the system says.
	if i := strings.LastIndex(said, "dial tcp "); i >= 0 {
		said = strings.TrimRight(said[i+len("dial tcp "):], `"`)
		said = strings.Replace(said, "connect: ", "", 1)
	}
	said = strings.TrimPrefix(said, "etcdserver: ")
	switch {
	case errors.Is(err, context.Canceled) || code == codes.Canceled:
		return "the request was given up"
	case errors.Is(err, context.DeadlineExceeded) || code == codes.DeadlineExceeded || strings.Contains(said, "i/o timeout"):
		return fmt.Sprintf("no answer within %s; is it there, and has it a leader (etcdctl endpoint status)?", requestTimeout)
	case code == codes.Unavailable:
		return "no connection: " + said
	}
	return said
}
