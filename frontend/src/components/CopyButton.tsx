import { useEffect, useState } from "react";

import { copyText } from "../lib/clipboard.ts";
import styles from "./CopyButton.module.css";
import { CopyIcon, DoneIcon } from "./Icons.tsx";

type Result = "none" | "copied" | "refused";

const WORDS: Readonly<Record<Result, string>> = {
  none: "",
  copied: "Copied",
  refused: "The browser refused to copy",
};

interface Props {
  text: string;
  /** What is copied, for the accessible name: "backend digest". */
  what: string;
}

export function CopyButton({ text, what }: Props) {
  const [result, setResult] = useState<Result>("none");
  useEffect(() => {
    if (result === "none") return;
    const timer = setTimeout(() => {
      setResult("none");
    }, 2_000);
    return () => {
      clearTimeout(timer);
    };
  }, [result]);
  const copy = () => {
    void copyText(text).then((done) => {
      setResult(done ? "copied" : "refused");
    });
  };
  return (
    <>
      <button
        type="button"
        className={styles.button}
        data-result={result}
        onClick={copy}
        aria-label={`Copy ${what}`}
        title={WORDS[result] || `Copy ${what}`}
      >
        {result === "copied" ? <DoneIcon size={14} /> : <CopyIcon size={14} />}
      </button>
      <span role="status" className="visually-hidden">
        {WORDS[result]}
      </span>
    </>
  );
}
