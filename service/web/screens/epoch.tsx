export default function Epoch({ epoch }: { epoch: string }) {
  return <h1>{epoch}</h1>;
}
