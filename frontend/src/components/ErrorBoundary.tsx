import { Component } from "react";

import { Notice } from "./Notice.tsx";

interface Props {
  what: string;
  children: React.ReactNode;
}

interface State {
  error: Error | null;
}

/** Keeps a defect in one part from taking the whole board away. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render() {
    const { error } = this.state;
    if (error === null) return this.props.children;
    const again = (
      <button
        type="button"
        onClick={() => {
          this.setState({ error: null });
        }}
      >
        Draw it again
      </button>
    );
    return (
      <Notice kind="error" title={`The ${this.props.what} could not be drawn`} action={again}>
        {error.message} The rest of the board goes on.
      </Notice>
    );
  }
}
