/* SPDX-License-Identifier: MIT */
/* dialogue.c: questions as tables: ask, check, skip, resume. */
#include "dialogue/dialogue.h"

#include <errno.h>

#include "base/abi.h"
#include "dialogue/internal.h"

enum { EXPIRES_DEFAULT_S = 24 * 60 * 60 };

/* One dialogue in hand: its row, its table, where it stands. */
struct current {
    struct store_dialogue row;
    const struct mooring_dialogue *dialogue;
    struct dialogue_state state;
};

/* Expired questions go first, whatever the turn is about: none of them may take an answer any
 * more. */
static int turn_begin(struct dialogue_turn *turn, struct dialogues *dialogues, uint64_t member,
                      uint64_t source, struct arena *arena)
{
    *turn = (struct dialogue_turn){.dialogues = dialogues,
                                   .member = member,
                                   .source = source,
                                   .now = clock_wall_at(dialogues->parts.clock),
                                   .arena = arena};
    struct store *store = dialogues->parts.store;
    int r = dialogue_rows_load(store, member, arena, &turn->rows);
    return r < 0 ? r : dialogue_rows_drop_expired(store, &turn->rows, turn->now);
}

/* Memory is told that this person's questions changed, and two others are looked at: expired rows
 * of people who never come back go bit by bit, with no timer of their own. */
static int turn_end(struct dialogue_turn *turn)
{
    int r = dialogue_open_touch(turn->dialogues, turn->member);
    return r < 0 ? r : dialogue_open_sweep(turn->dialogues);
}

static int64_t expires_at(const struct dialogue_turn *turn, const struct mooring_dialogue *dialogue)
{
    int64_t seconds = dialogue->expires_s ? dialogue->expires_s : EXPIRES_DEFAULT_S;
    return turn->now + seconds * CLOCK_SECOND_MS;
}

static bool same(const struct store_dialogue *row, struct str plugin, struct str name)
{
    return str_eq(row->plugin, plugin) && str_eq(row->name, name);
}

static size_t place_of(const struct dialogue_rows *rows, struct str plugin, struct str name)
{
    size_t i = 0;
    while (i < rows->count && !same(&rows->items[i], plugin, name))
        i++;
    return i;
}

/* The table comes from a plugin: a wrong one is its author's mistake, not a reason to stop the
 * bot. */
static bool table_is_sound(const struct mooring_dialogue *dialogue)
{
    if (!dialogue || !dialogue->name || dialogue->step_count == 0 ||
        dialogue->step_count > DIALOGUE_STEPS_MAX || !dialogue->done)
        return false;
    for (size_t i = 0; i < dialogue->step_count; i++) {
        const struct mooring_step *step = &dialogue->steps[i];
        if (!step->key || !step->prompt_msgid ||
            (step->kind == MOORING_ASK_CHOICES && !step->choices))
            return false;
    }
    return true;
}

/* ---- going on -------------------------------------------------------------------------------- */

/* True when the row fits a table that is there now. */
static int open_current(const struct dialogue_turn *turn, const struct store_dialogue *row,
                        struct current *ret_current)
{
    const struct dialogue_parts *parts = &turn->dialogues->parts;
    struct current current = {.row = *row,
                              .dialogue = parts->find(parts->ctx, row->plugin, row->name)};
    if (!table_is_sound(current.dialogue) || current.dialogue->version != row->version)
        return -ENOENT;
    int r = dialogue_state_decode(row->state, turn->arena, &current.state);
    if (r < 0)
        return r == -EINVAL ? -ENOENT : r;
    if (current.state.count != current.dialogue->step_count)
        return -ENOENT;
    *ret_current = current;
    return 0;
}

/* What was asked before goes on: its open question once more. */
static int resume(struct dialogue_turn *turn)
{
    static const struct dialogue_reading back = {.reason = "dialogue.resume"};
    struct store *store = turn->dialogues->parts.store;
    struct current current;
    while (turn->rows.count > 0) {
        int r = open_current(turn, &turn->rows.items[0], &current);
        if (r == 0)
            return dialogue_turn_ask(turn, &current.row, current.dialogue, &current.state, &back);
        if (r != -ENOENT)
            return r;
        r = dialogue_rows_remove(store, &turn->rows, 0);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Moves state->step to the first step from `from` on that applies; false: there is none. */
static bool go_to(struct current *current, size_t from)
{
    for (size_t i = from; i < current->state.count; i++) {
        if (dialogue_condition_holds(current->dialogue, &current->state, i)) {
            current->state.step = i;
            current->state.wrong = 0;
            current->state.near = (struct str){0};
            return true;
        }
        current->state.answers[i] = (struct dialogue_answer){.given = DIALOGUE_LEFT_OUT};
    }
    return false;
}

static int call_done(struct dialogue_turn *turn, const struct current *current,
                     const struct mooring_event *event)
{
    const struct mooring_step *steps[DIALOGUE_STEPS_MAX];
    int64_t numbers[DIALOGUE_STEPS_MAX];
    struct mooring_str texts[DIALOGUE_STEPS_MAX];
    uint8_t skipped[DIALOGUE_STEPS_MAX];
    for (size_t i = 0; i < current->state.count; i++) {
        const struct dialogue_answer *answer = &current->state.answers[i];
        steps[i] = &current->dialogue->steps[i];
        numbers[i] = answer->number;
        texts[i] = abi_lend(answer->text);
        skipped[i] = answer->given != DIALOGUE_GIVEN;
    }
    const struct mooring_answers answers = {.struct_size = sizeof answers,
                                            .count = current->state.count,
                                            .steps = steps,
                                            .numbers = numbers,
                                            .texts = texts,
                                            .skipped = skipped,
                                            .context = abi_lend(current->state.context)};
    const struct dialogue_parts *parts = &turn->dialogues->parts;
    return parts->done(parts->ctx, current->row.plugin, current->dialogue, event, &answers);
}

/* The row goes first: what is done may start the same dialogue again.  When the plugin fails its
 * own writes are undone by the host's savepoint, the person is told, and the dialogue counts as
 * over: asked again, the same answers would fail again.  When the whole transaction was lost the
 * turn runs anew, and must find the row. */
static int finish(struct dialogue_turn *turn, const struct current *current,
                  const struct mooring_event *event)
{
    struct store *store = turn->dialogues->parts.store;
    int r = dialogue_rows_remove(store, &turn->rows, 0);
    if (r < 0)
        return r;
    int64_t asked_before = turn->rows.count ? turn->rows.items[0].asked_at : 0;
    r = call_done(turn, current, event);
    if (r < 0 && store_lost_transaction(store))
        return r;
    if (r < 0)
        r = dialogue_turn_say(turn, "dialogue.failed");
    if (r >= 0)
        r = dialogue_rows_load(store, turn->member, turn->arena, &turn->rows);
    if (r >= 0)
        r = dialogue_rows_drop_expired(store, &turn->rows, turn->now);
    if (r < 0)
        return r;
    bool asked_more = turn->rows.count > 0 && turn->rows.items[0].asked_at > asked_before;
    return asked_more ? 0 : resume(turn);
}

static int go_on(struct dialogue_turn *turn, struct current *current,
                 const struct mooring_event *event)
{
    if (!go_to(current, current->state.step + 1))
        return finish(turn, current, event);
    /* it runs out when they fall silent, not in mid-talk */
    current->row.expires_at = expires_at(turn, current->dialogue);
    return dialogue_turn_ask(turn, &current->row, current->dialogue, &current->state, NULL);
}

/* ---- an answer ------------------------------------------------------------------------------- */

static int ask_again(struct dialogue_turn *turn, struct current *current, const char *reason)
{
    const struct dialogue_reading why = {.reason = reason};
    return dialogue_turn_ask(turn, &current->row, current->dialogue, &current->state, &why);
}

static int stop(struct dialogue_turn *turn)
{
    int r = dialogue_rows_remove(turn->dialogues->parts.store, &turn->rows, 0);
    if (r >= 0)
        r = dialogue_turn_say(turn, "dialogue.stopped");
    return r < 0 ? r : resume(turn);
}

static int skip(struct dialogue_turn *turn, struct current *current,
                const struct mooring_event *event)
{
    if (!(current->dialogue->steps[current->state.step].flags & MOORING_STEP_SKIP))
        return ask_again(turn, current, "dialogue.no-skip");
    current->state.answers[current->state.step] = (struct dialogue_answer){
        .given = DIALOGUE_SKIPPED};
    return go_on(turn, current, event);
}

/* Steps that did not apply are passed over on the way back as on the way there; all later answers
 * go, since conditions may hang on the one that changes. */
static int back(struct dialogue_turn *turn, struct current *current)
{
    struct dialogue_state *state = &current->state;
    size_t step = state->step;
    while (step > 0 && state->answers[step - 1].given == DIALOGUE_LEFT_OUT)
        step--;
    if (step == 0)
        return ask_again(turn, current, "dialogue.no-back");
    for (size_t i = --step; i < state->count; i++)
        state->answers[i] = (struct dialogue_answer){0};
    state->step = step;
    state->wrong = 0;
    state->near = (struct str){0};
    return dialogue_turn_ask(turn, &current->row, current->dialogue, state, NULL);
}

/* After a few misses the way out is named in place of the reason: somebody who cannot answer needs
 * a door, not the rule once more. */
static int misfit(struct dialogue_turn *turn, struct current *current,
                  struct dialogue_reading *reading)
{
    bool may_skip = current->dialogue->steps[current->state.step].flags & MOORING_STEP_SKIP;
    current->state.near = reading->near;
    if (++current->state.wrong >= DIALOGUE_WRONG_MAX)
        reading->reason = may_skip ? "dialogue.offer-skip" : "dialogue.offer-stop";
    return dialogue_turn_ask(turn, &current->row, current->dialogue, &current->state, reading);
}

static int take(struct dialogue_turn *turn, struct current *current,
                const struct mooring_event *event)
{
    const struct dialogue_reader reader = dialogue_turn_reader(turn);
    struct dialogue_state *state = &current->state;
    struct dialogue_reading reading;
    int r = dialogue_read(&reader, &current->dialogue->steps[state->step], abi_take(event->text),
                          state->near, &reading);
    if (r < 0)
        return r;
    if (r == 0)
        return misfit(turn, current, &reading);
    state->answers[state->step] = (struct dialogue_answer){
        .given = DIALOGUE_GIVEN, .number = reading.number, .text = reading.text};
    return go_on(turn, current, event);
}

enum control { CONTROL_NONE, CONTROL_STOP, CONTROL_SKIP, CONTROL_BACK };

/* "stop", "skip" and "back" in the person's language, before the answer itself is read: in a step
 * that takes any text they must still work. */
static int control_of(const struct dialogue_turn *turn, struct str typed, enum control *ret_control)
{
    static const struct {
        const char *msgid;
        enum control control;
    } lists[] = {{"dialogue.words-stop", CONTROL_STOP},
                 {"dialogue.words-skip", CONTROL_SKIP},
                 {"dialogue.words-back", CONTROL_BACK}};
    const struct dialogue_reader reader = dialogue_turn_reader(turn);
    struct str folded = dialogue_words_fold(typed, turn->arena), words;
    enum control control = CONTROL_NONE;
    for (size_t i = 0; i < COUNT_OF(lists) && control == CONTROL_NONE; i++) {
        int r = dialogue_reader_words(&reader, lists[i].msgid, &words);
        if (r < 0)
            return r;
        if (dialogue_words_has(words, folded))
            control = lists[i].control;
    }
    *ret_control = control;
    return 0;
}

/* For when the message in hand is taken back. */
static int note(const struct dialogue_turn *turn, const struct store_dialogue *row,
                int (*noted)(struct outbox *outbox, uint64_t source,
                             const struct outbox_effect *effect))
{
    struct outbox_effect effect = {.kind = OUTBOX_EFFECT_DIALOGUE,
                                   .member = turn->member,
                                   .plugin = row->plugin,
                                   .key = row->name,
                                   .at = row->started_at};
    return noted(turn->dialogues->parts.outbox, turn->source, &effect);
}

static int answer_latest(struct dialogue_turn *turn, const struct mooring_event *event)
{
    struct current current;
    enum control control = CONTROL_NONE;
    int r = open_current(turn, &turn->rows.items[0], &current);
    if (r == -ENOENT) {
        r = dialogue_rows_remove(turn->dialogues->parts.store, &turn->rows, 0);
        if (r >= 0)
            r = dialogue_turn_say(turn, "dialogue.gone");
        return r < 0 ? r : resume(turn);
    }
    if (r == 0)
        r = control_of(turn, abi_take(event->text), &control);
    if (r < 0)
        return r;
    switch (control) {
    case CONTROL_STOP:
        return stop(turn);
    case CONTROL_SKIP:
        return skip(turn, &current, event);
    case CONTROL_BACK:
        return back(turn, &current);
    case CONTROL_NONE:
        break;
    }
    return take(turn, &current, event);
}

int dialogues_answer(struct dialogues *dialogues, uint64_t member,
                     const struct mooring_event *event)
{
    DIALOGUE_ARENA arena = {0};
    struct dialogue_turn turn;
    int r = turn_begin(&turn, dialogues, member, event->source.id, &arena);
    if (r < 0)
        return r;
    bool has_question = turn.rows.count > 0;
    if (has_question)
        r = note(&turn, &turn.rows.items[0], outbox_note_part);
    if (has_question && r >= 0)
        r = answer_latest(&turn, event);
    if (r >= 0)
        r = turn_end(&turn);
    return r < 0 ? r : has_question;
}

/* ---- start and stop -------------------------------------------------------------------------- */

/* Starting a dialogue that is open begins it anew.  With too many open the oldest goes: nobody
 * comes back to a fifth question. */
static int make_room(struct dialogue_turn *turn, struct str plugin, struct str name)
{
    size_t place = place_of(&turn->rows, plugin, name);
    bool is_there = place < turn->rows.count;
    if (is_there || turn->rows.count >= DIALOGUE_ROWS_MAX)
        return dialogue_rows_remove(turn->dialogues->parts.store, &turn->rows,
                                    is_there ? place : turn->rows.count - 1);
    return 0;
}

int dialogues_start(struct dialogues *dialogues, struct str plugin,
                    const struct mooring_dialogue *dialogue, uint64_t member, uint64_t source,
                    struct str context)
{
    DIALOGUE_ARENA arena = {0};
    struct dialogue_turn turn;
    if (!table_is_sound(dialogue) || member == 0)
        return -EINVAL;
    if (context.len > DIALOGUE_CONTEXT_BYTES_MAX)
        return -E2BIG;
    int r = turn_begin(&turn, dialogues, member, source, &arena);
    if (r < 0)
        return r;
    struct current current = {
        .dialogue = dialogue,
        .row = {.member = member,
                .plugin = plugin,
                .name = str_of(dialogue->name),
                .version = dialogue->version,
                .started_at = turn.now,
                .expires_at = expires_at(&turn, dialogue)},
        .state = {.count = dialogue->step_count, .context = context},
    };
    if (!go_to(&current, 0))
        return -EINVAL;
    r = make_room(&turn, plugin, current.row.name);
    if (r == 0)
        r = note(&turn, &current.row, outbox_note_effect);
    if (r == 0)
        r = dialogue_turn_ask(&turn, &current.row, dialogue, &current.state, NULL);
    return r < 0 ? r : turn_end(&turn);
}

int dialogues_stop(struct dialogues *dialogues, uint64_t member, struct str plugin, struct str name)
{
    DIALOGUE_ARENA arena = {0};
    struct dialogue_turn turn;
    int r = turn_begin(&turn, dialogues, member, 0, &arena);
    if (r < 0)
        return r;
    size_t place = place_of(&turn.rows, plugin, name);
    if (place >= turn.rows.count)
        return -ENOENT;
    r = dialogue_rows_remove(dialogues->parts.store, &turn.rows, place);
    /* Without a word the older question would take the next thing they say for its answer. */
    if (r >= 0 && place == 0)
        r = resume(&turn);
    return r < 0 ? r : turn_end(&turn);
}

/* ---- life ------------------------------------------------------------------------------------ */

int dialogues_create(const struct dialogue_parts *parts, struct dialogues **ret_dialogues)
{
    struct dialogues *dialogues = mem_zalloc(sizeof *dialogues);
    if (!dialogues)
        return -ENOMEM;
    dialogues->parts = *parts;
    int r = dialogue_open_load(dialogues);
    if (r < 0) {
        dialogues_destroy(dialogues);
        return r;
    }
    *ret_dialogues = dialogues;
    return 0;
}

void dialogues_destroy(struct dialogues *dialogues)
{
    if (dialogues)
        dialogue_open_done(dialogues);
    mem_free(dialogues);
}
