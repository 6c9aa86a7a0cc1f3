// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// bareArg has this program be the server that ours is compared with; a path of a socket
// and what to answer follow.
const bareArg = "serve-bare"

// serveBare is that server: net/http and nothing else, in a process of its own.
func serveBare() {
	if len(os.Args) != 4 || os.Args[1] != bareArg {
		return
	}
	l, err := net.Listen("unix", os.Args[2])
	if err != nil {
		os.Exit(1)
	}
	body := []byte(os.Args[3])
	_ = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
	}))
	os.Exit(1)
}

// bare connects to a server of Go's library that answers everything with a text.
func bare(ctx context.Context, answer string) (c *conn, end func(), err error) {
	program, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	dir, err := os.MkdirTemp("", "bare")
	if err != nil {
		return nil, nil, err
	}
	socket := filepath.Join(dir, "socket")
	server := exec.CommandContext(ctx, program, bareArg, socket, answer)
	if err := server.Start(); err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(dir))
	}
	stop := func() {
		_ = server.Process.Kill()
		_ = server.Wait()
		os.RemoveAll(dir)
	}
	for range 100 {
		if n, err := net.Dial("unix", socket); err == nil {
			return &conn{n, bufio.NewReader(n)}, func() { n.Close(); stop() }, nil
		}
		pause(ctx, 20*time.Millisecond)
	}
	stop()
	return nil, nil, fmt.Errorf("cannot reach a bare server at %s", socket)
}
