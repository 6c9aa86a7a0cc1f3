// SPDX-License-Identifier: Apache-2.0

package kresd

import (
	"context"
	"encoding/json"
	"fmt"
)

// listStatistics loads the module that counts unless it is loaded: with
// metrics "lazy", counting begins with the first request for it.
const listStatistics = "(function() if not stats then modules.load('stats') end return stats.list() end)()"

// Statistics returns what a worker has counted: a JSON object of objects, whose
// values are numbers.
func Statistics(ctx context.Context, socket string) (json.RawMessage, error) {
	c, err := Dial(ctx, socket)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	var counts json.RawMessage
	if err := c.Eval(listStatistics, &counts); err != nil {
		return nil, fmt.Errorf("cannot get statistics: %w", err)
	}
	if err := isCounts(counts); err != nil {
		return nil, err
	}
	return counts, nil
}
