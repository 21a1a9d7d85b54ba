// SPDX-License-Identifier: AGPL-3.0-only
pragma circom 2.2.2;

// What the development zkVM proves: "I know a program of this key and an input; the program, run on the input,
// gives an output; and the digest is that of input and output." README.md describes machine and hash;
// machine.ts and mimc.ts are the same in TypeScript.

// Written by build.ts: function ROUND_CONSTANT(i).
include "round-constants.circom";

// MiMC with x^5: `plain` enciphered under `key`, with both added to it. 5 does not divide the field's order less
// one, and 110 rounds of degree 5 exceed the field.
template Hash() {
    signal input key;
    signal input plain;
    signal output out;

    var ROUNDS = 110;
    signal square[ROUNDS];
    signal fourth[ROUNDS];
    signal state[ROUNDS + 1];
    state[0] <== plain;
    for (var i = 0; i < ROUNDS; i++) {
        var sum = state[i] + key + ROUND_CONSTANT(i);
        square[i] <== sum * sum;
        fourth[i] <== square[i] * square[i];
        state[i + 1] <== fourth[i] * sum;
    }
    // The cipher's last addition of the key, and the two that make a hash of it.
    out <== state[ROUNDS] + 2 * key + plain;
}

template Bits(n) {
    signal input in;
    signal output out[n];

    var sum = 0;
    for (var i = 0; i < n; i++) {
        out[i] <-- (in >> i) & 1;
        out[i] * (out[i] - 1) === 0;
        sum += out[i] * 2 ** i;
    }
    sum === in;
}

// Register `low + 2 * high` of four, the first of which is always 0.
template Read() {
    signal input low;
    signal input high;
    signal input registers[3];
    signal output out;

    signal below <== low * registers[0];
    signal above <== low * (registers[2] - registers[1]) + registers[1];
    out <== high * (above - below) + below;
}

// One instruction: to = from + and + immediate, or from * and + immediate.
template Step() {
    signal input multiply;
    signal input selected[3];
    signal input from[2];
    signal input and[2];
    signal input immediate;
    signal input before[3];
    signal output after[3];

    component left = Read();
    component right = Read();
    left.low <== from[0];
    left.high <== from[1];
    right.low <== and[0];
    right.high <== and[1];
    for (var i = 0; i < 3; i++) {
        left.registers[i] <== before[i];
        right.registers[i] <== before[i];
    }

    signal sum <== left.out + right.out;
    signal product <== left.out * right.out;
    signal result <== multiply * (product - sum) + sum + immediate;
    for (var i = 0; i < 3; i++) {
        after[i] <== selected[i] * (result - before[i]) + before[i];
    }
}

template Machine(INSTRUCTIONS, PASSES) {
    signal input programKey;
    signal input publicValuesDigest;
    signal input program;
    signal input x;

    component keyOf = Hash();
    keyOf.key <== 0;
    keyOf.plain <== program;
    programKey === keyOf.out;

    // From the lowest bit: immediate (8), and (2), from (2), to (2), multiply (1).
    component bits = Bits(15 * INSTRUCTIONS);
    bits.in <== program;
    signal immediate[INSTRUCTIONS];
    signal selected[INSTRUCTIONS][3];
    for (var i = 0; i < INSTRUCTIONS; i++) {
        var at = 15 * i;
        var sum = 0;
        for (var j = 0; j < 8; j++) {
            sum += bits.out[at + j] * 2 ** j;
        }
        immediate[i] <== sum;
        selected[i][2] <== bits.out[at + 12] * bits.out[at + 13];
        selected[i][0] <== bits.out[at + 12] - selected[i][2];
        selected[i][1] <== bits.out[at + 13] - selected[i][2];
    }

    signal registers[INSTRUCTIONS * PASSES + 1][3];
    registers[0][0] <== x;
    registers[0][1] <== 0;
    registers[0][2] <== 0;
    component steps[INSTRUCTIONS * PASSES];
    for (var s = 0; s < INSTRUCTIONS * PASSES; s++) {
        var i = s % INSTRUCTIONS;
        var at = 15 * i;
        steps[s] = Step();
        steps[s].multiply <== bits.out[at + 14];
        steps[s].immediate <== immediate[i];
        for (var j = 0; j < 2; j++) {
            steps[s].and[j] <== bits.out[at + 8 + j];
            steps[s].from[j] <== bits.out[at + 10 + j];
        }
        for (var j = 0; j < 3; j++) {
            steps[s].selected[j] <== selected[i][j];
            steps[s].before[j] <== registers[s][j];
        }
        registers[s + 1] <== steps[s].after;
    }

    component digestOf = Hash();
    digestOf.key <== x;
    digestOf.plain <== registers[INSTRUCTIONS * PASSES][0];
    publicValuesDigest === digestOf.out;
}

component main {public [programKey, publicValuesDigest]} = Machine(16, 4);
