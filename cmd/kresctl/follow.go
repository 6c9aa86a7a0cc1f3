// SPDX-License-Identifier: Apache-2.0

package main

import "context"

// follow prints what a stream tells until it ends, or until that cannot be printed any
// more: then no one would notice that something is left out.
func follow[T any](ctx context.Context, stream func(ctx context.Context, told func(T)) error, write func(T) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var failed error
	err := stream(ctx, func(v T) {
		if failed == nil {
			failed = write(v)
		}
		if failed != nil {
			stop()
		}
	})
	if failed != nil {
		return failed
	}
	return err
}
