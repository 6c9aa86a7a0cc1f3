// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os/signal"
	"syscall"

	"kresd-manager/test/machine"
	"kresd-manager/test/product"
)

// pages passes connections at an address of the host on to the API socket inside, as ssh -L
// does for a real host, until it is interrupted.
func pages(ctx context.Context, m *machine.Machine, address string, stdout io.Writer) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	l, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("cannot pass connections on to the pages: %w", err)
	}
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()
	fmt.Fprintf(stdout, "the pages of %s: %s until Ctrl-C\n", m.Name(), product.PagesURL(l.Addr().String()))
	for {
		outer, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("cannot pass connections on to the pages: %w", err)
		}
		go func() {
			defer outer.Close()
			inner, err := m.Dial(ctx, "unix", product.Socket)
			if err != nil {
				return
			}
			defer inner.Close()
			defer context.AfterFunc(ctx, func() { _ = outer.Close() })()
			go func() {
				_, _ = io.Copy(inner, outer)
				_ = inner.Close()
			}()
			_, _ = io.Copy(outer, inner)
		}()
	}
}
