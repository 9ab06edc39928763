package main

import (
	"fmt"
	"math"
	"strings"
)

// point is how long a check takes with so many rules, in nanoseconds.
type point struct {
	rules        int
	mirror, maps float64
}

// The picture, in pixels.
const (
	width, height                    = 640, 360
	left, right, top, bottom float64 = 70, 20, 48, 48
	plotWidth, plotHeight            = width - left - right, height - top - bottom
)

// drawGrowth draws the time of a check over the number of rules, which is on a
// logarithmic axis.
func drawGrowth(points []point) string {
	low, high, most := math.Inf(1), math.Inf(-1), 0.0
	for _, p := range points {
		at := math.Log10(float64(p.rules))
		low, high = min(low, at), max(high, at)
		most = max(most, p.mirror, p.maps)
	}
	if high == low {
		high = low + 1
	}
	step := niceStep(most / 4)
	most = math.Ceil(most/step) * step
	x := func(rules int) float64 {
		return left + plotWidth*(math.Log10(float64(rules))-low)/(high-low)
	}
	y := func(ns float64) float64 { return top + plotHeight*(1-ns/most) }

	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, `<title>Time of a check over the number of rules</title>`+"\n")
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="white"/>`+"\n", width, height)
	for ns := 0.0; ns <= most; ns += step {
		fmt.Fprintf(&b, `<line x1="%.0f" y1="%.1f" x2="%.0f" y2="%.1f" stroke="#ddd"/>`+"\n", left, y(ns), left+plotWidth, y(ns))
		fmt.Fprintf(&b, `<text x="%.0f" y="%.1f" text-anchor="end" fill="#444">%.0f</text>`+"\n", left-8, y(ns)+4, ns)
	}
	for _, p := range points {
		fmt.Fprintf(&b, `<text x="%.1f" y="%.0f" text-anchor="middle" fill="#444">%s</text>`+"\n", x(p.rules), top+plotHeight+18, thousands(p.rules))
	}
	fmt.Fprintf(&b, `<text x="%.0f" y="%.0f" text-anchor="middle" fill="#444">rules</text>`+"\n", left+plotWidth/2, height-10.0)
	fmt.Fprintf(&b, `<text x="%.0f" y="20" fill="#444">ns a check (four fields, nothing matches)</text>`+"\n", left)
	drawCurve(&b, "mirror Check", "#0a6", "", 38, points, x, func(p point) float64 { return y(p.mirror) })
	drawCurve(&b, "plain maps and bart, keys ready made", "#777", "5 4", 38, points, x, func(p point) float64 { return y(p.maps) })
	b.WriteString("</svg>\n")
	return b.String()
}

func drawCurve(b *strings.Builder, name, colour, dash string, legend float64, points []point, x func(int) float64, y func(point) float64) {
	at := left
	if dash != "" {
		at += 160
	}
	fmt.Fprintf(b, `<line x1="%.0f" y1="%.0f" x2="%.0f" y2="%.0f" stroke="%s" stroke-width="2" stroke-dasharray="%s"/>`+"\n", at, legend-4, at+24, legend-4, colour, dash)
	fmt.Fprintf(b, `<text x="%.0f" y="%.0f" fill="%s">%s</text>`+"\n", at+30, legend, colour, name)
	var path []string
	for _, p := range points {
		path = append(path, fmt.Sprintf("%.1f,%.1f", x(p.rules), y(p)))
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`+"\n", x(p.rules), y(p), colour)
	}
	fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2" stroke-dasharray="%s"/>`+"\n", strings.Join(path, " "), colour, dash)
}

// niceStep returns the next 1, 2 or 5 times a power of ten.
func niceStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if v <= m*power {
			return m * power
		}
	}
	return 10 * power
}

func thousands(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
