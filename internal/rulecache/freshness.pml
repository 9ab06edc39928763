/*
 * A model of how caches stay fresh, for the model checker spin, which tries every
 * order of the steps.
 *
 * Processes share a store of two keys, its log, and nothing else: so it is enough to
 * look into the memory of one of them, here, where there are a writer and two checks at
 * once. Of all others there is a writer, elsewhere.
 *
 * The value of a key is how often it was written. What a check looked up is kept with a
 * stamp, and used as long as no mark of the key is above that; see freshness.go. What was
 * written here is marked before the write returns, and what was written elsewhere when the
 * log has been read. A notification is no more than a reason to read it now: the model has
 * readings at any time, or none, as if notifications were lost or readings failed. Look-ups
 * may fail, and the process may restart, by which it forgets everything.
 *
 * Time goes by in intervals. What must hold of every answer:
 *
 *   - it is from after every write that had returned here;
 *   - it is from after every write that had returned anywhere before the last whole
 *     interval, or is marked stale.
 *
 * Not everything at once can be tried: with the macro INTERVALS time goes by, and both
 * writers are elsewhere, with RESTART
 * the process restarts at some time, and CHECKS says how many checks there are: two make
 * 7 million states, three 37 million, which take 4 GB and minutes. With one of these macros the model is wrong, and spin must find out:
 *
 *   SWAPPED     advance moves the clock before it sets the mark
 *   REPLICA     look-ups are read from a replica that lags behind the log
 *   LATE_MARK   a write returns before it has marked its key
 *   LATE_STAMP  the stamp is taken after the look-up, not before
 *   TRUSTING    nothing is ever marked stale, as if no notification were lost
 */

#ifndef CHECKS
#define CHECKS 2   /* of both checkers together */
#endif
#ifdef INTERVALS
#define TICKS 2    /* ends of intervals */
#else
#define TICKS 0
#endif
#define READINGS 1 /* of the log, since the process began */

/* The store. */
byte value[2];
byte log[2];       /* the key of each change; each writer makes one */
byte logged;
#ifdef REPLICA
byte lagging[2];   /* the values in the replica */
#define SOURCE lagging
#else
#define SOURCE value
#endif

/* Time, and what must be known. */
byte epoch;        /* intervals that have ended */
byte before[2];    /* the values when the interval before this one ended */
byte now[2];       /* the values when this one began */
byte mine[2];      /* the values whose writing has returned here */

/* The memory of the process. */
bool marking;      /* the lock of whoever marks */
byte checks;       /* that have begun */
byte busy;         /* operations under way, which a restart must not part */
byte clock;
byte mark[2];
bool kept[2];      /* there is an answer in the cache */
byte answer[2];
byte stamp[2];     /* of the answer */
byte seen[2];      /* the clock when it was last found fresh */
byte position;     /* how far the log was read */
byte covered;      /* the epoch in which the last whole reading of it began */

inline advance(k) {
	atomic { !marking -> marking = true };
#ifdef SWAPPED
	clock++;
	mark[k] = clock;
#else
	mark[k] = clock + 1;
	clock++;
#endif
	marking = false
}

inline commit(k) {
	value[k]++;
	log[logged] = k;
	logged++
}

inline returned(k, v) {
	d_step { if :: v > mine[k] -> mine[k] = v :: else fi }
}

active proctype WriterElsewhere() {
	d_step { commit(0) } /* the first key to be written there is the one called 0 */
}

#ifdef INTERVALS
active proctype WriterElsewhereToo() {
	if
	:: d_step { commit(0) }
	:: d_step { commit(1) }
	fi
}
#else
active proctype WriterHere() {
	byte k, v;
	if :: k = 0 :: k = 1 fi;
	atomic { busy++; commit(k); v = value[k] };
#ifdef LATE_MARK
	returned(k, v);
	advance(k);
#else
	advance(k);
	returned(k, v);
#endif
	atomic { busy--; k = 0; v = 0 }
}
#endif

/* Feed reads the log to its end, and marks what it finds. */
active proctype Feed() {
	byte began, end, n;
	do
	:: n < READINGS ->
		atomic { n++; busy++; began = epoch; end = logged };
		do
		:: position < end ->
			advance(log[position]);
			position++
		:: else -> break
		od;
		atomic { covered = began; busy--; began = 0; end = 0 }
	:: n == READINGS -> break
	od
}

active proctype Interval() {
	do
	:: d_step { epoch < TICKS ->
			epoch++;
			before[0] = now[0]; now[0] = value[0];
			before[1] = now[1]; now[1] = value[1]
		}
	:: epoch == TICKS -> break
	od
}

active [2] proctype Checker() {
	byte k, v, s, least, own;
	bool stale;
	do
	:: atomic { checks < CHECKS -> /* the check begins */
			checks++;
			busy++;
			if :: k = 0 :: k = 1 fi;
			own = mine[k];
			least = before[k];
#ifndef TRUSTING
			stale = covered + 1 < epoch
#endif
		};
		s = clock;
		if
		:: atomic { kept[k] && seen[k] == s -> v = answer[k] }
		:: atomic { kept[k] && seen[k] != s && mark[k] <= stamp[k] -> v = answer[k] };
			seen[k] = s
#ifdef LATE_STAMP
		:: atomic { else -> v = SOURCE[k] };
			s = clock;
#else
		:: atomic { else -> s = clock };
			v = SOURCE[k];
#endif
			if
			:: atomic { kept[k] = true; answer[k] = v; stamp[k] = s; seen[k] = 0 }
			:: goto done /* the look-up failed, and so did the check */
			fi
		fi;
		assert(v >= own);
		assert(stale || v >= least);
done:		atomic { busy--; v = 0; s = 0; least = 0; own = 0; stale = false; k = 0 }
	:: checks == CHECKS -> break
	od
}

#ifdef RESTART
/* Restart forgets everything, and begins at the end of the log. */
active proctype Restart() {
	atomic { busy == 0 ->
		clock = 0; position = logged; covered = epoch;
		mark[0] = 0; kept[0] = false; answer[0] = 0; stamp[0] = 0; seen[0] = 0;
		mark[1] = 0; kept[1] = false; answer[1] = 0; stamp[1] = 0; seen[1] = 0
	}
}
#endif

#ifdef REPLICA
active proctype Replica() {
	do
	:: lagging[0] < value[0] -> lagging[0]++
	:: lagging[1] < value[1] -> lagging[1]++
	:: timeout -> break
	od
}
#endif
