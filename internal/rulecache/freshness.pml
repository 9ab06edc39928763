/*
 * A model of how caches stay fresh, for the model checker spin, which tries every
 * order of the steps: for two writers, two checkers and two keys, however many checks
 * and readings of the log there are.
 *
 * Processes share a store, its log, and nothing else: so it is enough to look into the
 * memory of one of them, here, where there are two checkers, and whatever a writer is to
 * be: each makes one change, of either key, here or elsewhere. What was written here is
 * marked before the write returns, and what was written elsewhere when the log has been
 * read. A notification is no more than a reason to read it now: the model has readings at
 * any time, or none, as if notifications were lost or readings failed. Look-ups may fail,
 * and the process may restart, by which it forgets everything.
 *
 * The value of a key is how often it was written. What a check looked up is kept with a
 * stamp, and used as long as no mark of the key is above that; see freshness.go. What must
 * hold of every answer:
 *
 *   - it is from after every write that had returned here;
 *   - it is from after every write that had returned anywhere when the last whole reading
 *     of the log began. An answer that is not marked stale is given within an interval
 *     of that: the rest of what is promised of it is a comparison of times.
 *
 * All that must hold when the check looks at the clock for the last time, which is more
 * than what must hold when it begins, since both grow.
 *
 * What makes the search short, and leaves nothing out:
 *
 *   - the checks are of one key, called 0. Those of the other one do nothing that a check
 *     of this one could see, and the keys differ in nothing but their names. Writes
 *     of both move the clock;
 *   - the first change in the log is that of the first writer: the two are alike;
 *   - a check that finds what is kept to be no longer fresh has changed nothing. Its
 *     look-up is one that begins then;
 *   - of what is kept, a check holds a copy from when another has taken its place only;
 *   - what is not looked at any more is set to 0.
 *
 * With one of these macros the model is wrong, and spin must find out:
 *
 *   SWAPPED     advance moves the clock before it sets the mark
 *   REPLICA     look-ups are read from a replica that lags behind the log
 *   LATE_MARK   a write returns before it has marked its key
 *   LATE_STAMP  the stamp is taken after the look-up, not before
 *   SKIPPING    a reading passes over what others wrote, as if it were of this process
 *   TRUSTING    nothing is ever marked stale, as if no notification were lost
 */

/* The store. */
byte value;         /* of the key 0 */
byte logged;        /* changes in the log */
bool ofKey0[2];     /* of each change that was not read yet: its key, */
bool here[2];       /* and where it was made */
#ifdef REPLICA
byte lagging;       /* the value in the replica */
#define SOURCE lagging
#else
#define SOURCE value
#endif

/* What must be known: the newest values whose writing has returned, */
byte returned;      /* anywhere */
byte mine;          /* here */
byte known;         /* anywhere, when the last whole reading of the log began */
#ifdef TRUSTING
#define LEAST returned
#else
#define LEAST (mine > known -> mine : known)
#endif

/* The memory of the process. */
byte busy;          /* operations under way, which a restart must not part */
byte position;      /* how far the log was read */
bool marking;       /* the lock of whoever marks */
byte clock;
byte mark;          /* of the key 0 */
bool kept;          /* there is an answer in the cache */
byte answer;
byte stamp;         /* of the answer */
byte seen;          /* the clock when it was last found fresh */

/* What each check holds. */
bool current[2];    /* what it has taken is still in the cache */
bool unread[2];     /* it has not looked at the clock since */
bool late[2];       /* the answer would be wrong if it were given */
byte at[2];         /* the clock when it looked, or the stamp of its look-up */
byte oldAnswer[2];  /* what it has taken, if that was replaced */
byte oldStamp[2];
byte oldSeen[2];

#define RAISE(what, v) what = (v > what -> v : what)

/* advance, in two steps. The lock parts them from other writers, not from checks. */
#ifdef SWAPPED
#define LOCK_AND_MARK !marking -> marking = true; clock++
#define MOVE_AND_UNLOCK mark = clock; marking = false
#else
#define LOCK_AND_MARK !marking -> marking = true; mark = clock + 1
#define MOVE_AND_UNLOCK clock++; marking = false
#endif
#define MARK_OTHER_KEY !marking -> clock++

proctype Writer(byte me) {
	byte v;
	if
	:: d_step { logged == me -> value++; RAISE(returned, value); ofKey0[me] = true; logged++ }
	:: d_step { logged == me -> logged++ }
	:: d_step { logged == me -> busy++; here[me] = true; logged++ };
		d_step { MARK_OTHER_KEY; busy-- }
	:: d_step { logged == me -> busy++; value++; v = value; ofKey0[me] = true; here[me] = true; logged++ };
#ifdef LATE_MARK
		d_step { RAISE(mine, v); RAISE(returned, v); v = 0 };
		d_step { LOCK_AND_MARK };
		d_step { MOVE_AND_UNLOCK; busy-- }
#else
		d_step { LOCK_AND_MARK };
		d_step { MOVE_AND_UNLOCK; RAISE(mine, v); RAISE(returned, v); v = 0; busy-- }
#endif
	fi
}

/* Feed reads the log to its end, and marks what it finds. It may pass over what was made
   here, which is marked by who made it. */
active proctype Feed() {
	byte began;
	bool todo[2], todoKey0[2];
	do
	:: atomic {
			busy++;
			began = returned;
			do
			:: position < logged ->
				if
				:: todo[position] = true; todoKey0[position] = ofKey0[position]
				:: here[position]
#ifdef SKIPPING
				:: !here[position]
#endif
				fi;
				ofKey0[position] = false; here[position] = false;
				position++
			:: position == logged -> break
			od
		};
		do
		:: d_step { todo[0] && !todoKey0[0] && MARK_OTHER_KEY; todo[0] = false }
		:: d_step { todo[0] && todoKey0[0] && LOCK_AND_MARK };
			d_step { MOVE_AND_UNLOCK; todo[0] = false; todoKey0[0] = false }
		:: d_step { !todo[0] && todo[1] && !todoKey0[1] && MARK_OTHER_KEY; todo[1] = false }
		:: d_step { !todo[0] && todo[1] && todoKey0[1] && LOCK_AND_MARK };
			d_step { MOVE_AND_UNLOCK; todo[1] = false; todoKey0[1] = false }
		:: d_step { !todo[0] && !todo[1] -> RAISE(known, began); began = 0; busy-- };
			break
		od
	od
}

proctype Checker(bool me) {
	byte v;
	do
	:: d_step { kept -> busy++; current[me] = true; unread[me] = true }; /* what is kept */
		d_step {
			unread[me] = false;
			at[me] = clock;
			late[me] = ((current[me] -> answer : oldAnswer[me]) < LEAST);
			oldAnswer[me] = 0;
			if
			:: !current[me] && !late[me] -> at[me] = 0; oldStamp[me] = 0; oldSeen[me] = 0 /* right, and that is all */
			:: else
			fi
		};
		if
		:: d_step { late[me] && at[me] == (current[me] -> seen : oldSeen[me]) -> assert(false) }
		:: d_step { late[me] && mark <= (current[me] -> stamp : oldStamp[me]) -> assert(false) }
		:: d_step { !late[me] && current[me] && mark <= stamp };
			d_step { if :: current[me] -> seen = at[me] :: else fi }
		:: true /* not fresh, or found so already */
		fi;
		d_step {
			current[me] = false; late[me] = false; at[me] = 0; oldStamp[me] = 0; oldSeen[me] = 0;
			busy--
		}

	:: /* a look-up */
#ifdef LATE_STAMP
		d_step { busy++; v = SOURCE; assert(v >= LEAST) };
		at[me] = clock;
#else
		d_step { busy++; at[me] = clock };
		d_step { v = SOURCE; assert(v >= LEAST) };
#endif
		if
		:: d_step {
				if
				:: current[!me] ->
					current[!me] = false;
					if
					:: unread[!me] -> oldAnswer[!me] = answer; oldStamp[!me] = stamp; oldSeen[!me] = seen
					:: !unread[!me] && late[!me] -> oldStamp[!me] = stamp; oldSeen[!me] = seen
					:: else -> at[!me] = 0
					fi
				:: else
				fi;
				kept = true; answer = v; stamp = at[me]; seen = 0;
				v = 0; at[me] = 0; busy--
			}
		:: d_step { v = 0; at[me] = 0; busy-- } /* which failed */
		fi
	od
}

/* Restart forgets everything, and begins at the end of the log. */
active proctype Restart() {
	do
	:: d_step { busy == 0 ->
			position = logged; known = returned;
			ofKey0[0] = false; here[0] = false; ofKey0[1] = false; here[1] = false;
			clock = 0; mark = 0; kept = false; answer = 0; stamp = 0; seen = 0
		}
	od
}

#ifdef REPLICA
active proctype Replica() {
	do
	:: lagging < value -> lagging++
	od
}
#endif

init {
	atomic { run Writer(0); run Writer(1); run Checker(0); run Checker(1) }
}
