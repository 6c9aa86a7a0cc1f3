// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"time"
)

const manyUnits = 3000

// manyWorkers are as many as a configuration may have here.
var manyWorkers = min(64, 10*runtime.NumCPU())

// foreign has systemd know many units of others.
const foreign = `printf '[Unit]\nDescription=Someone else %%i\n' >/run/systemd/system/bench-foreign@.target
systemctl daemon-reload
seq -f 'bench-foreign@%%g.target' %d | xargs systemctl start`

// crowds measures what a look costs where there is more to see.
func (b *bench) crowds(ctx context.Context) error {
	few, err := b.looks(ctx)
	if err != nil {
		return err
	}
	add := func(what string, others sample) *row {
		r := b.addTo(steady, "GET /v1/status "+what, seconds, nearFloor(2, "with 4 workers"))
		r.ours, r.floor = others, few
		return r
	}
	if _, err := b.ours.sh(ctx, fmt.Sprintf(foreign, manyUnits)); err != nil {
		return err
	}
	others, err := b.looks(ctx)
	if err != nil {
		return err
	}
	add(fmt.Sprintf("beside %d units of others", manyUnits), others)
	if _, err := b.ours.sh(ctx, "systemctl stop 'bench-foreign@*.target'; rm /run/systemd/system/bench-foreign@.target; systemctl daemon-reload"); err != nil {
		return err
	}

	if _, err := b.ours.change(ctx, "/workers", fmt.Sprint(manyWorkers)); err != nil {
		return err
	}
	many, err := b.looks(ctx)
	if err == nil {
		r := b.addTo(steady, fmt.Sprintf("kresctl status, %d workers", manyWorkers), seconds, atMost(20e-3, "20 ms"))
		err = b.ours.wall(ctx, r, 10, b.ours.kresctl+" status")
	}
	if err != nil {
		return err
	}
	add(fmt.Sprintf("with %d workers", manyWorkers), many)
	_, err = b.ours.change(ctx, "/workers", fmt.Sprint(workers))
	return err
}

// looks asks for the status some times, with a pause in between.
func (b *bench) looks(ctx context.Context) (took sample, err error) {
	c, err := b.ours.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	for i := range 25 {
		began := time.Now()
		if _, err := c.do(http.MethodGet, "/v1/status", ""); err != nil {
			return nil, err
		}
		if i >= 5 { // the first ones see what has just changed
			took = append(took, since(began))
		}
		pause(ctx, 50*time.Millisecond)
	}
	return took, nil
}
