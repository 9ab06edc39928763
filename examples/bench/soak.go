package main

import (
	"context"
	"io"
	"time"
)

func soak(ctx context.Context, dir string, duration time.Duration, out io.Writer) error { return nil }
