// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"kresd-manager/test/product"
)

// apiTimeout bounds one request.
const apiTimeout = 60 * time.Second

// conn is a connection to the API that is kept between requests. It costs less than
// net/http's client, so more of what is measured is the server.
type conn struct {
	net.Conn
	r *bufio.Reader
}

func (s *side) dial(ctx context.Context) (*conn, error) {
	c, err := s.m.Dial(ctx, "unix", product.Socket)
	if err != nil {
		return nil, fmt.Errorf("cannot reach the API: %w", err)
	}
	return &conn{c, bufio.NewReader(c)}, nil
}

// do sends one request and reads its whole answer, which must be 200.
func (c *conn) do(method, path, body string) (answer string, err error) {
	if err := c.SetDeadline(time.Now().Add(apiTimeout)); err != nil {
		return "", err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s HTTP/1.1\r\nHost: localhost\r\n", method, path)
	if body != "" {
		fmt.Fprintf(&text, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	}
	text.WriteString("\r\n" + body)
	if _, err := io.WriteString(c, text.String()); err != nil {
		return "", err
	}
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s %s", method, path, resp.Status, b)
	}
	return string(b), err
}

// change puts a value into the configuration and returns how long the answer took.
func (s *side) change(ctx context.Context, pointer, value string) (time.Duration, error) {
	c, err := s.dial(ctx)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	began := time.Now()
	_, err = c.do(http.MethodPut, "/v1/config"+pointer, value)
	return time.Since(began), err
}

// getting measures reading the configuration, request after request on one connection.
// Floor is a server of Go's library in a process of its own that answers the same text
// and does nothing else: two processes take turns, and the kernel wakes each for every
// request.
func (b *bench) getting(ctx context.Context) error {
	latency := b.add("GET /v1/config, median time", seconds, atMost(100e-6, "0.1 ms"))
	speed := b.add("GET /v1/config, one connection", rate, times(15))
	speed.note = "floor: a server of Go's library that answers the same bytes and does nothing else; two processes take turns, which bounds both"
	return b.interleave(ctx, 3, func(s *side) error {
		c, err := s.dial(ctx)
		if err != nil {
			return err
		}
		defer c.Close()
		per, median, err := c.gets()
		s.add(speed, per)
		s.add(latency, median)
		if err != nil || s != b.ours {
			return err
		}
		answer, err := c.do(http.MethodGet, getPath, "")
		if err != nil {
			return err
		}
		bare, end, err := bare(ctx, answer)
		if err != nil {
			return err
		}
		defer end()
		per, median, err = bare.gets()
		speed.floor, latency.floor = append(speed.floor, per), append(latency.floor, median)
		return err
	})
}

const getPath = "/v1/config"

// gets reads the configuration for a second: how often it could, and the median time.
func (c *conn) gets() (per, median float64, err error) {
	const lasts = time.Second
	var each sample
	began := time.Now()
	for time.Since(began) < lasts {
		asked := time.Now()
		if _, err := c.do(http.MethodGet, getPath, ""); err != nil {
			return 0, 0, err
		}
		each = append(each, since(asked))
	}
	return float64(len(each)) / since(began), each.median(), nil
}

// scraping measures a scrape of Prometheus. Ours has each unit from systemd and the cache
// as well, which stock's has not.
func (b *bench) scraping(ctx context.Context) error {
	const path, scrapes = "/metrics/prometheus", 10
	took := b.add("GET /metrics/prometheus", seconds, atMost(20e-3, "20 ms"))
	return b.interleave(ctx, 5, func(s *side) error {
		for range scrapes {
			began := time.Now()
			c, err := s.dial(ctx)
			if err != nil {
				return err
			}
			answer, err := c.do(http.MethodGet, path, "")
			c.Close()
			switch {
			case err != nil:
				return err
			case !strings.Contains(answer, "resolver_answer_total"):
				return fmt.Errorf("GET %s: no worker has answered: %.200s", path, answer)
			}
			s.add(took, since(began))
		}
		return nil
	})
}
