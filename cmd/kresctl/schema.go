// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"kresd-manager/internal/config"
)

func (a *app) schemaCommand() *cobra.Command {
	var live bool
	cmd := &cobra.Command{
		Use:   "schema [--live] [FILE]",
		Short: "print the JSON schema of the configuration",
		Long: `Print the JSON schema (draft 2020-12) of the configuration, or save it in FILE.
It is that of this kresctl; with --live it is that of the running manager. Rules
between keys are not part of it: kresctl validate knows them all.`,
		Args: atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			schema := config.Schema()
			if live {
				var err error
				if schema, err = a.liveSchema(cmd.Context()); err != nil {
					return err
				}
			}
			file := ""
			if len(args) > 0 {
				file = args[0]
			}
			return a.write(file, schema)
		},
	}
	cmd.Flags().BoolVarP(&live, "live", "l", false, "ask the running manager")
	return cmd
}

// liveSchema asks the manager. No schema is larger than the bound.
func (a *app) liveSchema(ctx context.Context) ([]byte, error) {
	const timeout, bound = 10 * time.Second, 16 << 20
	path, err := a.socketPath()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/schema", nil)
	if err != nil {
		return nil, fmt.Errorf("cannot make a request: %w", err)
	}
	var dialer net.Dialer
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, "unix", path)
	}}
	defer transport.CloseIdleConnections()
	answer, err := transport.RoundTrip(request)
	if err != nil {
		return nil, fmt.Errorf("cannot ask the manager at %s for its schema: %w", path, err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, bound))
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot read the schema: %w", err)
	case answer.StatusCode == http.StatusNotFound:
		return nil, fmt.Errorf("the manager at %s does not tell its schema; without --live that of this kresctl is printed", path)
	case answer.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("the manager at %s does not tell its schema: %s", path, answer.Status)
	}
	return body, nil
}
