// What has to hold, each under its sentence; counted as every suite counts.

export class Checks {
  #passed = 0;
  #failed = 0;

  /** `check` gives what is wrong: a list of words, of which the first are shown. Throwing is a failure too. */
  async that(sentence, check) {
    let wrong;
    try {
      wrong = (await check()) ?? [];
    } catch (error) {
      wrong = [error.stack];
    }
    if (wrong.length === 0) this.#passed += 1;
    else this.#failed += 1;
    console.log(`${wrong.length === 0 ? 'ok     ' : 'FAILED '} ${sentence}`);
    for (const words of wrong.slice(0, 10)) console.log(`        ${words}`);
    if (wrong.length > 10) console.log(`        and ${wrong.length - 10} more`);
    return wrong.length === 0;
  }

  /** Prints the counts; gives the exit status. */
  end() {
    console.log(`${this.#passed} passed, ${this.#failed} failed`);
    return this.#failed === 0 && this.#passed > 0 ? 0 : 1;
  }
}
