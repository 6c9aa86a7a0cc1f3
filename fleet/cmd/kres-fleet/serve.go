// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"

	"kresd-manager/fleet/settings"
	"kresd-manager/fleet/store/table"
	"kresd-manager/fleet/store/web"
	"kresd-manager/internal/durable"
)

const maxTable = 256 << 20

func (a *app) serveCommand() *cobra.Command {
	var listen, cert, key, tokens, state string
	cmd := &cobra.Command{
		Use: "serve --listen ADDRESS:PORT --tokens FILE --state FILE [--cert FILE --key FILE]", Short: "serve a store over HTTPS to a few hosts",
		Long: `Serve a store over HTTPS, for two to five hosts that have no etcd. It is kept in a
file, whole at each change. The file of tokens has a line for each: "admin TOKEN",
"host NAME TOKEN" or "lead NAME TOKEN", where TOKEN may be sha256:HASH; it is read at
each request. Without a certificate only a loopback address is served.`,
		Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if listen == "" || tokens == "" || state == "" || (cert == "") != (key == "") {
				return usage(cmd, "--listen, --tokens and --state are needed, and --cert with --key")
			}
			host, _, err := net.SplitHostPort(listen)
			if ip := net.ParseIP(host); err != nil || cert == "" && (ip == nil || !ip.IsLoopback()) {
				return usage(cmd, "without --cert and --key only a loopback address can be served, not %q", listen)
			}
			return a.serve(cmd.Context(), listen, cert, key, tokens, state)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "", "`ADDRESS:PORT`")
	cmd.Flags().StringVar(&cert, "cert", "", "`FILE` with the certificate, PEM")
	cmd.Flags().StringVar(&key, "key", "", "`FILE` with its key, PEM")
	cmd.Flags().StringVar(&tokens, "tokens", "", "`FILE` with who may do what")
	cmd.Flags().StringVar(&state, "state", "", "`FILE` to keep the store in")
	return cmd
}

func (a *app) serve(ctx context.Context, listen, cert, key, tokens, state string) error {
	read := func() ([]web.Token, error) {
		text, err := durable.Read(tokens, 1<<20)
		if err != nil {
			return nil, settings.Cannot("read the tokens", err)
		}
		t, err := web.ParseTokens(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", tokens, err)
		}
		return t, nil
	}
	if _, err := read(); err != nil {
		return err
	}
	kept, err := durable.Read(state, maxTable)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return settings.Cannot("read the store", err)
	}
	t, err := table.Restore(kept, func(text []byte) error { return durable.Write(state, text, 0o600) })
	if err != nil {
		return fmt.Errorf("%s: %w", state, err)
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("cannot listen: %w", err)
	}
	server := &http.Server{
		Handler: web.NewServer(t, read, a.logger()), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
	}
	ended := make(chan error, 1)
	go func() {
		if cert == "" {
			ended <- server.Serve(l)
			return
		}
		ended <- server.ServeTLS(l, cert, key)
	}()
	_, _ = daemon.SdNotify(false, daemon.SdNotifyReady) // without systemd no one is told
	fmt.Fprintf(a.stderr, "serves on %s\n", l.Addr())
	select {
	case err := <-ended:
		return fmt.Errorf("cannot serve: %w", err)
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if server.Shutdown(stopping) != nil { // who waits for news has to be cut off
		_ = server.Close()
	}
	return nil
}
